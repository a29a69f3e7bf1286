package chaos

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// end ends this process at once, without any clean-up.
func end(stop bool) {
	if !stop {
		h, _ := syscall.GetCurrentProcess()
		_ = syscall.TerminateProcess(h, 1)
	}
}

var errNoStop = fmt.Errorf("stop a process: %w", errors.ErrUnsupported)

func stop(*os.Process) error { return errNoStop }
func cont(*os.Process) error { return errNoStop }
