package engine

import "github.com/seed139febb4/durable/journal"

// claim makes this process the owner of those runs and drives the ones it got;
// done, if not nil, is told the outcome.
func (e *Engine) claim(keys []int64, done func(*journal.Claim, error)) {
	w := &journal.Claim{Runs: keys, Now: e.sched.Now()}
	tell := func(err error) {
		if done != nil {
			done(w, err)
		}
	}
	e.probe.At(journal.ClaimBefore)
	e.start(e.enter(entry{writes: []journal.Write{w}, failed: tell, done: func() {
		e.probe.At(journal.ClaimAfter)
		e.notClaimed(w)
		for _, row := range w.Claimed {
			e.take(row)
		}
		tell(w.Err)
	}}))
}

// take begins to drive a claimed run, unless it kills the process every time.
func (e *Engine) take(row journal.Run) {
	if row.Status != journal.StatusOpen || e.workflow(row.Workflow) == nil {
		e.endTrial(row.Key)
		return
	}
	r := e.own(row)
	e.mu.Lock()
	fresh := e.admit(r)
	trial := e.suspects.trials[row.Key]
	r.suspect.Store(fresh && trial != nil)
	convicted := e.suspects.isCulprit(&row)
	e.mu.Unlock()
	if r.suspect.Load() {
		e.sched.After(trial.trial, leaf(func() { e.outlived(r) }))
	}
	switch {
	case !fresh:
		if r := e.resident(row.Key); r != nil {
			r.look() // it may have been asked to before it was there
		}
		e.untried(row.Key)
	case convicted:
		r.feed(input{kind: inputCrashed, times: row.Streak})
	default:
		r.feed(input{kind: inputInbox})
	}
}

// began drives a child that was created with its parent's turn.
func (e *Engine) began(c *journal.Create) {
	e.take(journal.Run{Key: c.Key, ULID: c.ULID, ID: c.ID, Workflow: c.Workflow, Status: journal.StatusOpen,
		Parent: c.Parent, ParentOp: c.ParentOp, Created: c.At, Fence: 1})
}

// admit takes the run into memory, unless it is there or the engine has stopped.
// The caller holds mu.
func (e *Engine) admit(r *run) bool {
	if e.runs[r.key] != nil || e.isStopped() {
		return false
	}
	delete(e.fresh, r)
	e.runs[r.key], e.byULID[r.info.ULID] = r, r
	if r.info.ID != r.info.ULID {
		e.byID[r.info.ID] = r
	}
	if e.only {
		e.mine[r.key] = true
	}
	return true
}

// dismiss takes it out. The caller holds mu.
func (e *Engine) dismiss(r *run, key int64) {
	delete(e.fresh, r)
	if e.runs[key] == r {
		delete(e.runs, key)
		delete(e.byULID, r.info.ULID)
		if e.byID[r.info.ID] == r {
			delete(e.byID, r.info.ID)
		}
	}
	e.idle.remove(r)
}

// forget takes a run out of memory, for good if it has ended.
func (e *Engine) forget(r *run, key int64, ended bool) {
	e.unscheduleAll(r, false)
	e.acquit(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dismiss(r, key)
	if ended {
		delete(e.mine, key)
	}
}
