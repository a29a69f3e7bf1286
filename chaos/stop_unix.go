//go:build unix && !linux

package chaos

import (
	"os"
	"syscall"
)

// standStill stops this process, and returns when it goes on, or a moment before
// it stops.
func standStill() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }
