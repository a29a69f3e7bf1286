package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Process is one process of a Lab. All methods are safe for concurrent use.
type Process struct {
	PID     int // the system's, which comes round
	Number  int // 1, 2, 3 … among those of its Lab
	Started time.Time

	args           []string
	cmd            *exec.Cmd
	stdout, stderr buffer
	gone           chan struct{} // closed when it is
	err            error         // how it ended, once it is gone
}

// Start starts a process of the Lab's program with args, on the Lab's journal and
// under orders. It is killed when ctx ends.
func (l *Lab) Start(ctx context.Context, o Orders, args ...string) (*Process, error) {
	o.Ledger, o.Tokens, o.Number = l.ledger(), l.tokens(), int(l.begun.Add(1))
	words := slices.Concat(l.Program, args)
	p := &Process{Number: o.Number, args: args, cmd: exec.CommandContext(ctx, words[0], words[1:]...), gone: make(chan struct{})}
	env := l.Env
	if env == nil {
		env = os.Environ()
	}
	p.cmd.Env = append(slices.Clone(env), "DURABLE_DB="+l.Journal(), "DURABLE_OUTPUT=json", o.encode())
	p.cmd.Dir = l.Dir
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Cancel = func() error { return kill(p.cmd.Process) }
	p.cmd.WaitDelay = time.Second // children of activities may hold its output open
	p.Started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", words[0], err)
	}
	p.PID = p.cmd.Process.Pid
	go func() {
		p.err = p.cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

// String names the process by what it was asked to do.
func (p *Process) String() string {
	return fmt.Sprintf("process %d (%s)", p.PID, strings.Join(p.args, " "))
}

// Gone is closed when the process has ended, in whatever way.
func (p *Process) Gone() <-chan struct{} { return p.gone }

func (p *Process) lives() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

func (p *Process) wasKilled() bool { return !p.lives() && exitCode(p.cmd.ProcessState) == -1 }

// Wait returns the exit code once the process has ended; -1 if it was killed. The
// error is ctx's, if that ends first.
func (p *Process) Wait(ctx context.Context) (code int, err error) {
	select {
	case <-p.gone:
		return exitCode(p.cmd.ProcessState), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for process %d: %w", p.PID, context.Cause(ctx))
	}
}

// Kill is kill -9. It returns when the process is dead.
func (p *Process) Kill() error {
	if err := kill(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill process %d: %w", p.PID, err)
	}
	<-p.gone
	return nil
}

// Interrupt asks the process to suspend, as Ctrl-C does.
func (p *Process) Interrupt() error { return p.cmd.Process.Signal(os.Interrupt) }

// Terminate asks for the same, as SIGTERM does.
func (p *Process) Terminate() error { return p.cmd.Process.Signal(syscall.SIGTERM) }

// Stop makes the process stand still, as SIGSTOP does; Continue ends that. A
// process that stops by its orders may not have come to it when the ledger says
// Killed: tell it to continue until the ledger says WentOn.
func (p *Process) Stop() error     { return stop(p.cmd.Process) }
func (p *Process) Continue() error { return cont(p.cmd.Process) }

// Stdout and Stderr are what it has written so far.
func (p *Process) Stdout() string { return p.stdout.String() }
func (p *Process) Stderr() string { return p.stderr.String() }

// A buffer may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
