package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
)

// workBatch bounds how many runs are claimed at once.
const workBatch = 256

// findWork claims and drives every run that has something to do and belongs to
// nobody alive. Calls that overlap are one more round of the first.
func (e *Engine) findWork() {
	e.mu.Lock()
	if e.seeking {
		e.seekMore = true
		e.mu.Unlock()
		return
	}
	e.seeking = true
	e.mu.Unlock()
	e.busy(1)
	defer e.busy(-1)
	for {
		err := e.seek()
		if err != nil {
			e.log().Error("looking for work failed", "error", err)
		}
		e.mu.Lock()
		if !e.seekMore || err != nil {
			e.seeking = false
			e.mu.Unlock()
			return
		}
		e.seekMore = false
		e.mu.Unlock()
	}
}

// findWorkSoon is findWork for callers that must not wait.
func (e *Engine) findWorkSoon() {
	e.busy(1)
	e.sched.Go(leaf(func() {
		defer e.busy(-1)
		e.findWork()
	}))
}

// seek makes one round.
func (e *Engine) seek() error {
	e.mu.Lock()
	idle := !e.serving || e.draining || e.isStopped() || len(e.workflows) == 0
	e.mu.Unlock()
	if idle {
		return nil
	}
	fresh, more, err := e.due(context.Background())
	if err != nil {
		return err
	}
	if fresh, err = e.withoutSuspects(context.Background(), fresh); err != nil || len(fresh) == 0 {
		return err
	}
	e.claim(fresh, func(w *journal.Claim, err error) {
		if more && err == nil && len(w.Claimed) > 0 {
			e.findWorkSoon()
		}
	})
	return nil
}

// due lists runs to be claimed: with something to do, and not in memory. Those
// in memory look into their inbox, should a nudge have been lost. more says that
// there may be further ones.
func (e *Engine) due(ctx context.Context) (fresh []int64, more bool, err error) {
	if e.only {
		return e.absent(ctx)
	}
	now := e.sched.Now()
	for limit := workBatch; ; limit *= 4 { // many may be in memory
		due, next, err := e.store.Work(ctx, e.workflows, now, limit)
		if err != nil {
			return nil, false, fmt.Errorf("list runs with work: %w", err)
		}
		e.awayUntil(next)
		for _, key := range due {
			if r := e.resident(key); r == nil && !e.isHeld(key) {
				fresh = append(fresh, key)
			} else if r != nil && limit == workBatch {
				r.look()
			}
		}
		if more = len(due) >= limit; !more || len(fresh) > 0 {
			return fresh, more, nil
		}
	}
}

// absent is due with Only: it lists the runs to drive that nobody else does.
func (e *Engine) absent(ctx context.Context) (fresh []int64, more bool, err error) {
	var absent []int64
	var here []*run
	e.mu.Lock()
	for key := range e.mine {
		if r := e.runs[key]; r == nil {
			absent = append(absent, key)
		} else if len(here) < workBatch {
			here = append(here, r)
		}
	}
	e.mu.Unlock()
	slices.SortFunc(here, byKey)
	for _, r := range here {
		r.look()
	}
	slices.Sort(absent)
	for _, key := range absent {
		if len(fresh) == workBatch {
			return fresh, true, nil
		}
		row, err := e.store.Run(ctx, journal.Ref{Key: key})
		if err != nil {
			return nil, false, fmt.Errorf("read run %d: %w", key, err)
		}
		if row.Status == journal.StatusOpen && (row.Self || !row.Live) && e.workflow(row.Workflow) != nil && !e.isHeld(key) {
			fresh = append(fresh, key)
		}
	}
	return fresh, false, nil
}

// want makes runs ones that this engine drives also with Only.
func (e *Engine) want(runs ...int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.only {
		for _, key := range runs {
			e.mine[key] = true
		}
	}
}

// adoptChildren makes the open children of a run this engine's, too.
func (e *Engine) adoptChildren(parent int64) {
	defer e.busy(-1)
	open := journal.Filter{Parent: parent, Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}}
	children, err := e.store.Runs(context.Background(), open)
	if err != nil {
		e.log().Error("looking for children failed", "run", parent, "error", err)
		return
	}
	for i := range children {
		e.want(children[i].Key)
	}
	e.findWork()
}

// posted tells whoever drives the run that there is a message for it.
func (e *Engine) posted(key int64) {
	if r := e.resident(key); r != nil {
		r.look()
		return
	}
	e.mu.Lock()
	here := e.serving && (!e.only || e.mine[key])
	e.mu.Unlock()
	if here {
		e.findWorkSoon()
	}
	e.nudge(key)
}

func (e *Engine) nudge(key int64) {
	if e.shared != nil {
		e.shared.Nudge(key)
	}
}
