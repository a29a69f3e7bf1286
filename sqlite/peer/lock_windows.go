package peer

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"unsafe"
)

var (
	kernel32         = syscall.NewLazyDLL("kernel32.dll")
	procLockFileEx   = kernel32.NewProc("LockFileEx")
	procUnlockFileEx = kernel32.NewProc("UnlockFileEx")
)

const (
	failImmediately = 1
	exclusive       = 2

	errSharingViolation syscall.Errno = 32
	errLockViolation    syscall.Errno = 33

	// Locks keep others from reading what they cover, so ours covers one byte
	// far behind the end of the file.
	lockedByte = 1 << 30
)

// tryLock takes the kernel lock on f without waiting and reports whether it got
// it. The lock belongs to the open file: it conflicts with every other opening
// of the same file, also one in this process.
func tryLock(f *os.File) (bool, error) { return try(f, exclusive) }

// tryShared is tryLock for one that only wants to know: several may hold it.
func tryShared(f *os.File) (bool, error) { return try(f, 0) }

func try(f *os.File, flags uintptr) (bool, error) {
	err := lockFile(f, flags|failImmediately)
	if errors.Is(err, errLockViolation) || errors.Is(err, syscall.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// lock waits for the kernel lock on f. Nothing interrupts it.
func lock(f *os.File) error { return lockFile(f, exclusive) }

func lockFile(f *os.File, flags uintptr) error {
	at := syscall.Overlapped{Offset: lockedByte}
	ok, _, err := procLockFileEx.Call(f.Fd(), flags, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	if ok == 0 {
		return &fs.PathError{Op: "LockFileEx", Path: f.Name(), Err: err}
	}
	return nil
}

// unlock gives the lock back.
func unlock(f *os.File) error {
	at := syscall.Overlapped{Offset: lockedByte}
	ok, _, err := procUnlockFileEx.Call(f.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	if ok == 0 {
		return &fs.PathError{Op: "UnlockFileEx", Path: f.Name(), Err: err}
	}
	return nil
}

// isLookedAt reports whether a file was not removed because somebody has it open. Whoever
// looks at a lock file that is free will remove it.
func isLookedAt(err error) bool { return errors.Is(err, errSharingViolation) }

// owner is not known here: the folder inherits the access list of its parent.
func owner(fs.FileInfo) (uid int, known bool) { return 0, false }

// syncFolder has nothing to do: the file system journals names.
func syncFolder(string) error { return nil }
