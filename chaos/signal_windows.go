package chaos

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// killedCode is what a process ends with that was killed here, by itself or by
// another one: the system has no signal that would tell.
const killedCode = 0x6b696c6c

// end ends this process at once, without any clean-up.
func end(stop bool) {
	if !stop {
		h, _ := syscall.GetCurrentProcess()
		_ = syscall.TerminateProcess(h, killedCode)
	}
}

func kill(p *os.Process) error {
	h, err := syscall.OpenProcess(syscall.PROCESS_TERMINATE, false, uint32(p.Pid))
	if err != nil {
		return p.Signal(os.Kill) // it has ended, and that says so
	}
	defer syscall.CloseHandle(h)
	return syscall.TerminateProcess(h, killedCode)
}

func exitCode(s *os.ProcessState) int {
	if code := s.ExitCode(); code != killedCode {
		return code
	}
	return -1
}

var errNoStop = fmt.Errorf("stop a process: %w", errors.ErrUnsupported)

func stop(*os.Process) error { return errNoStop }
func cont(*os.Process) error { return errNoStop }
