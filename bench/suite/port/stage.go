package port

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Stage is one workload on one peer, as the driver sees it: a folder, and
// processes that are started and killed there.
type Stage struct {
	Program string // the peer's program
	Peer    Description
	Dir     string // empty, at first
	Sizes   Sizes
	Enough  time.Duration
	Log     io.Writer // what the peer prints

	Figures map[string]float64 // what came of it; valid also if there was an error

	order     Order
	processes []*Process
}

// A Process is a peer's program at work.
type Process struct {
	stage *Stage
	cmd   *exec.Cmd
	stdin io.Closer
	lines chan Line // closed at the end
	began time.Time
}

// Start starts the peer's program in a phase of the workload.
func (st *Stage) Start(ctx context.Context, phase string) (*Process, error) {
	st.order.Peer, st.order.Phase, st.order.Dir = st.Peer.Name, phase, st.Dir
	st.order.Sizes, st.order.Enough = st.Sizes, st.Enough
	order, err := json.Marshal(st.order)
	if err != nil {
		return nil, fmt.Errorf("write the order of phase %s: %w", phase, err)
	}
	p, err := start(ctx, st.Program, string(order), st.Log)
	if err != nil {
		return nil, err
	}
	p.stage = st
	st.processes = append(st.processes, p)
	return p, nil
}

func start(ctx context.Context, program, order string, log io.Writer) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, program, order), lines: make(chan Line, 64)}
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		p.began = time.Now()
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go p.listen(out, log)
	return p, nil
}

// listen ends when the process does.
func (p *Process) listen(out io.Reader, log io.Writer) {
	defer close(p.lines)
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		var l Line
		text, ours := bytes.CutPrefix(scan.Bytes(), []byte(marker))
		if !ours || json.Unmarshal(text, &l) != nil {
			fmt.Fprintf(log, "%s\n", scan.Bytes())
			continue
		}
		p.lines <- l
	}
}

// Heard waits for an event, and returns how long it took from exec.
func (p *Process) Heard(ctx context.Context, event string) (time.Duration, error) {
	for {
		l, open, err := p.next(ctx)
		switch {
		case err != nil:
			return 0, err
		case !open:
			return 0, fmt.Errorf("the process ended before %q", event)
		case l.Event == event:
			return time.Since(p.began), nil
		}
	}
}

// Ended waits for the end of a process that ends by itself.
func (p *Process) Ended(ctx context.Context) error {
	for {
		switch _, open, err := p.next(ctx); {
		case err != nil:
			return err // stop ends the process
		case !open:
			return p.cmd.Wait()
		}
	}
}

// next is the process's next line, after what is known from it was noted.
func (p *Process) next(ctx context.Context) (l Line, open bool, err error) {
	select {
	case l, open = <-p.lines:
	case <-ctx.Done():
		return l, false, errors.New("took too long")
	}
	switch {
	case ctx.Err() != nil:
		return l, false, errors.New("took too long")
	case l.None != "":
		return l, true, NotOffered(l.None)
	case l.Error != "":
		return l, true, errors.New(l.Error)
	case l.Name != "" && p.stage != nil:
		p.stage.Figures[l.Name] = l.Value
	}
	return l, open, nil
}

// Kill kills the process, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	for range p.lines { // what it still had to say does not matter
	}
	_ = p.cmd.Wait()
}

// Used is the processor time, user and system, of a process that has ended.
func (p *Process) Used() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// Peak notes the most memory that the living process ever had, where the system
// tells, which is Linux.
func (p *Process) Peak(figure string) { p.memory(figure, "VmHWM:") }

// Now notes the memory that the living process has, likewise.
func (p *Process) Now(figure string) { p.memory(figure, "VmRSS:") }

func (p *Process) memory(figure, field string) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	_, after, _ := strings.Cut(string(status), field)
	var kilobytes float64
	if _, err := fmt.Sscan(after, &kilobytes); err == nil {
		p.stage.Figures[figure] = kilobytes / 1024
	}
}

// stop kills what is still there.
func (st *Stage) stop() {
	for _, p := range st.processes {
		p.Kill()
	}
}

// bytes is the size of everything in the folder.
func (st *Stage) bytes() (n int64, err error) {
	err = filepath.WalkDir(st.Dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// List asks a program which peers it has.
func List(ctx context.Context, program string, log io.Writer) ([]Description, error) {
	p, err := start(ctx, program, "list", log)
	if err != nil {
		return nil, err
	}
	defer p.Kill()
	l, _, err := p.next(ctx)
	if err == nil && l.Peers == nil {
		err = errors.New("it names no peers")
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s for its peers: %w", program, err)
	}
	return l.Peers, nil
}
