package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
)

// workBatch bounds how many runs are claimed at once.
const workBatch = 256

// crashLimit is how many crashes in a row, without a new event, make a run
// stuck; from suspectAfter on it is started apart from the other suspects.
const (
	crashLimit   = 5
	suspectAfter = 2
)

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
		more, err := e.seek()
		if err != nil {
			e.log().Error("looking for work failed", "error", err)
		}
		e.mu.Lock()
		if !more && !e.seekMore || err != nil {
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

// seek makes one round. It reports whether another one is due at once.
func (e *Engine) seek() (more bool, err error) {
	e.mu.Lock()
	serving := e.serving && !e.draining
	e.mu.Unlock()
	if !serving || e.isStopped() || len(e.workflows) == 0 {
		return false, nil
	}
	ctx := context.Background()
	due, next, err := e.store.Work(ctx, e.workflows, e.sched.Now(), workBatch)
	if err != nil {
		return false, fmt.Errorf("list runs with work: %w", err)
	}
	if !e.only {
		e.awayUntil(next)
	}
	var fresh []int64
	for _, key := range due {
		if r := e.resident(key); r != nil {
			r.look()
		} else if e.may(key) {
			fresh = append(fresh, key)
		}
	}
	if fresh, err = e.withoutSuspects(ctx, fresh); err != nil || len(fresh) == 0 {
		return false, err
	}
	e.claim(fresh, nil)
	return len(due) == workBatch, nil
}

// may reports whether this engine drives that run, if nobody else does.
func (e *Engine) may(key int64) bool {
	if !e.only {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mine[key]
}

// withoutSuspects holds back half of the runs that were under way at several
// crashes in a row. If the process dies again, the culprit is among the half
// that was started; the others lose nothing but time.
func (e *Engine) withoutSuspects(ctx context.Context, keys []int64) ([]int64, error) {
	var clean, suspects []int64
	for _, key := range keys {
		row, err := e.store.Run(ctx, journal.Ref{Key: key})
		if err != nil {
			return nil, fmt.Errorf("read run %d: %w", key, err)
		}
		if row.Streak >= suspectAfter {
			suspects = append(suspects, key)
		} else {
			clean = append(clean, key)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.suspects > 0 { // the first half is being tried
		e.held = suspects
		return clean, nil
	}
	try := (len(suspects) + 1) / 2
	e.held = slices.Clone(suspects[try:])
	e.suspects = try
	return append(clean, suspects[:try]...), nil
}

// cleared notes that a suspect got on: it was not the one.
func (e *Engine) cleared(r *run) {
	r.suspect = false
	e.mu.Lock()
	e.suspects--
	again := e.suspects == 0 && len(e.held) > 0
	e.mu.Unlock()
	if again {
		e.findWorkSoon()
	}
}

// claim makes this process the owner of those runs and drives the ones it got;
// done, if not nil, is told the outcome.
func (e *Engine) claim(keys []int64, done func(*journal.Claim, error)) {
	w := &journal.Claim{Runs: keys, Now: e.sched.Now()}
	tell := func(err error) {
		if done != nil {
			done(w, err)
		}
	}
	e.start(e.enter(entry{writes: []journal.Write{w}, failed: tell, done: func() {
		for _, row := range w.Claimed {
			e.take(row)
		}
		tell(w.Err)
	}}))
}

// take begins to drive a claimed run, unless it kills the process every time.
func (e *Engine) take(row journal.Run) {
	if row.Status != journal.StatusOpen || e.workflow(row.Workflow) == nil {
		return
	}
	r := e.own(row)
	r.suspect = row.Streak > suspectAfter // this claim has counted one more
	e.mu.Lock()
	fresh := e.admit(r)
	e.mu.Unlock()
	if !fresh {
		return
	}
	if row.Streak >= crashLimit {
		r.feed(input{kind: inputCrashed})
		return
	}
	r.feed(input{kind: inputInbox})
}

// began drives a child that was created with its parent's turn.
func (e *Engine) began(c *journal.Create) {
	e.take(journal.Run{Key: c.Key, ULID: c.ULID, ID: c.ID, Workflow: c.Workflow, Status: journal.StatusOpen,
		Parent: c.Parent, ParentOp: c.ParentOp, Created: c.At, Fence: 1})
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

// forget takes a run out of memory.
func (e *Engine) forget(r *run, key int64) {
	e.unscheduleAll(r, false)
	if r.suspect {
		e.cleared(r)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dismiss(r, key)
}
