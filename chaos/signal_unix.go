//go:build unix

package chaos

import (
	"os"
	"syscall"
)

// end kills this process as kill -9 does, or stops it until it is told to go on.
func end(stop bool) {
	if stop {
		standStill()
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // a process may always signal itself
	select {}                                      // until it arrives
}

func kill(p *os.Process) error { return p.Kill() }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }

// stop and cont are SIGSTOP and SIGCONT.
func stop(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }
func cont(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
