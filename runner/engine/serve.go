package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
)

// Run drives workflows until ctx ends, then suspends: no further attempt is
// started, activities have their context canceled and Grace to return, and what
// did not finish is not journaled and runs again next time. It returns nil after
// that, or why it had to stop. Every goroutine it started is gone then, but for
// activities that ignored their context and workflow code that did not yield,
// which its error names.
func (e *Engine) Run(ctx context.Context) error {
	return e.serve(ctx, func(ctx context.Context) { _, _ = received[struct{}](ctx, e, nil) })
}

// Drain is like Run, but also ends once nothing is left to do now: every run
// that it may drive has ended, is stuck, or waits for a timer, a signal or a
// child.
func (e *Engine) Drain(ctx context.Context) error {
	return e.serve(ctx, e.untilIdle)
}

func (e *Engine) serve(ctx context.Context, while func(context.Context)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := e.begin(ctx, cancel); err != nil {
		return err
	}
	while(ctx)
	cancel() // of what serves; the attempts are told in suspend
	return e.suspend()
}

// begin joins the processes that share the journal and looks for work.
func (e *Engine) begin(ctx context.Context, cancel context.CancelFunc) error {
	e.mu.Lock()
	err := e.err
	if err == nil && e.stop != nil {
		err = errors.New("engine: it is running already")
	}
	if err == nil {
		e.stop = cancel
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	if e.shared != nil {
		err = e.shared.Join(ctx, (*peer)(e))
	}
	e.mu.Lock()
	if err != nil {
		e.stop = nil
		e.mu.Unlock()
		return fmt.Errorf("join the processes that share the journal: %w", err)
	}
	e.stopped.Store(false)
	e.serving, e.draining, e.suspects = true, false, suspects{}
	e.mu.Unlock()
	if e.real != nil {
		e.real.pool(true)
	}
	e.ready.Do(func() { close(e.ready.done) })
	e.listen(ctx)
	e.findWork()
	return nil
}

// listen passes on what other processes commit.
func (e *Engine) listen(ctx context.Context) {
	if e.real == nil || e.shared == nil {
		return
	}
	changes := e.store.Changed()
	e.sched.Go(leaf(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
				e.heard()
			}
		}
	}))
}

// heard takes note that another process has committed something.
func (e *Engine) heard() {
	e.watchers.changedElsewhere()
	e.findWork()
}

// suspend ends what begin began.
func (e *Engine) suspend() error {
	e.mu.Lock()
	e.draining = true
	e.backlog = nil
	under := make([]*attempt, 0, len(e.attempts))
	for key, a := range e.attempts {
		if a.waits {
			delete(e.attempts, key)
		} else {
			under = append(under, a)
		}
	}
	e.mu.Unlock()
	for _, a := range under {
		a.end(errSuspended)
	}
	late := e.grant()
	e.stopped.Store(true)
	e.flush()
	e.unload()
	var err error
	if e.shared != nil {
		err = e.shared.Leave()
	}
	e.mu.Lock()
	e.serving, e.stop = false, nil
	failed := e.err
	e.mu.Unlock()
	if e.real != nil {
		e.real.pool(false)
		if late == nil {
			e.real.wait()
		}
	}
	if failed != nil {
		return failed
	}
	return errors.Join(late, err)
}

// grant gives the attempts under way their grace. Its error names those that did
// not use it.
func (e *Engine) grant() error {
	over := false
	stop := e.sched.After(e.grace, leaf(func() {
		e.mu.Lock()
		over = true
		e.calm.Broadcast()
		e.mu.Unlock()
	}))
	defer stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	settling := func() bool { return e.working.Load() > 0 && e.err == nil && !e.committer.isPaused() }
	e.await(context.Background(), e.calm, func() bool { return over || !settling() && len(e.calls()) == 0 })
	late := e.unyielding()
	for _, a := range e.calls() {
		late = errors.Join(late, fmt.Errorf("activity %s of run %s did not stop within %s", a.task.Activity, a.task.Run.ID, e.grace))
	}
	return late
}

// unyielding names the runs whose workflow code has not yielded. Its goroutine
// cannot be ended, and what it still asks for is dropped. The caller holds mu.
func (e *Engine) unyielding() (late error) {
	look := func(r *run) {
		if r.since.Load() != 0 {
			late = errors.Join(late, fmt.Errorf("workflow %s of run %s has not yielded within %s", r.info.Workflow, r.info.ID, e.grace))
		}
	}
	for _, r := range e.runs {
		look(r)
	}
	for r := range e.fresh {
		look(r)
	}
	return late
}

func (c *committer) isPaused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused
}

// unload unwinds every run. They stay in the journal.
func (e *Engine) unload() {
	e.mu.Lock()
	runs := make([]*run, 0, len(e.runs))
	for _, r := range e.runs {
		runs = append(runs, r)
	}
	e.mu.Unlock()
	slices.SortFunc(runs, byKey)
	for _, r := range runs {
		r.drop(errSuspended)
	}
}

// untilIdle returns when nothing is under way and nothing could be, or ctx ends.
func (e *Engine) untilIdle(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drains = true
	defer func() { e.drains = false }()
	e.await(ctx, e.calm, func() bool { return e.working.Load() == 0 && e.backingOff() == 0 && !e.committer.isPaused() })
}

// backingOff counts the attempts that are to start by themselves. The caller
// holds mu.
func (e *Engine) backingOff() (n int) {
	c := &e.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.queue {
		if d.retry {
			n++
		}
	}
	return n
}

// The peer is the engine as other processes see it.
type peer Engine

var _ journal.Peer = (*peer)(nil)

func (p *peer) Nudged(run int64) {
	e := (*Engine)(p)
	if r := e.resident(run); r != nil {
		r.look()
		e.busy(1)
		e.sched.Go(leaf(func() { e.lookAt(run) }))
		return
	}
	e.watchers.changedElsewhere()
	e.findWorkSoon()
}

func (p *peer) Died() { (*Engine)(p).findWorkSoon() }

func (p *peer) Called(ctx context.Context, question []byte) ([]byte, error) {
	return (*Engine)(p).called(ctx, question)
}
