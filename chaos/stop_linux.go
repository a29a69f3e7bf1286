package chaos

import (
	"os"
	"runtime"
	"syscall"
)

// standStill stops this process, and returns when it goes on. The signal is for
// the very thread: one for the process is taken by any of its threads, and this
// one would go on for a moment.
func standStill() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_, _, _ = syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(syscall.Gettid()), uintptr(syscall.SIGSTOP))
}
