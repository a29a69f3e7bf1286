package chaos

import (
	"context"
	"strings"
	"time"
)

// begin starts a process under orders, and under the sabotage of this run. It
// may be called by any goroutine.
func (t *trial) begin(o Orders, args ...string) (*Process, error) {
	o.Subjects, o.Sabotage = !o.unbound, t.opts.Sabotage
	p, err := t.Start(t.ctx, o, args...)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.processes = append(t.processes, p)
	t.mu.Unlock()
	t.mark("start", p, strings.Join(args, " "))
	return p, nil
}

// killRest kills what is still there when the scenario is over.
func (r *record) killRest() {
	r.mu.Lock()
	rest := r.processes
	r.mu.Unlock()
	for _, p := range rest {
		if !p.lives() {
			continue
		}
		if err := p.Kill(); err != nil {
			r.problem("%v", err)
		}
	}
}

// start is begin for the goroutine that plays.
func (t *trial) start(o Orders, args ...string) *Process {
	p, err := t.begin(o, args...)
	t.must(err)
	t.procs = append(t.procs, p)
	return p
}

// wait waits for the end of a process, whose exit code it returns.
func (t *trial) wait(p *Process, more time.Duration) int {
	ctx, cancel := context.WithTimeout(t.ctx, more+t.opts.Patience)
	defer cancel()
	code, err := p.Wait(ctx)
	if err != nil {
		_ = p.Kill() // err says enough
		t.fatal("%s did not end: %v\n%s", p, err, p.Stderr())
	}
	return code
}

// output waits for the end of a process that must end well, and returns what it
// printed.
func (t *trial) output(p *Process, more time.Duration) string {
	if code := t.wait(p, more); code != 0 {
		t.fatal("%s ended with %d: %s", p, code, p.Stderr())
	}
	t.mark("done", p, "")
	return p.Stdout()
}

// do runs a command to its end.
func (t *trial) do(o Orders, args ...string) string { return t.output(t.start(o, args...), 0) }

// survive runs a command again as often as it is killed by its orders.
func (t *trial) survive(o Orders, args ...string) string {
	for {
		p := t.start(o, args...)
		if t.wait(p, 0) != -1 {
			return t.output(p, 0)
		}
		t.died("kill", p)
	}
}

// kill is kill -9 from outside.
func (t *trial) kill(p *Process) time.Time {
	at := time.Now()
	t.must(p.Kill())
	t.died("kill", p)
	return at
}

// killed waits until a process has died of its orders.
func (t *trial) killed(p *Process) {
	if code := t.wait(p, 0); code != -1 {
		t.fatal("%s was to be killed, and ended with %d: %s", p, code, p.Stderr())
	}
	t.died("kill", p)
}
