package engine

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// failed decides what becomes of a run that cannot go on: it is stuck if the
// run itself is the reason, else the store is, and everything stops.
func (r *run) failed(err error, in *input) (commit Task) {
	var why troubled
	var diverged *NondeterminismError
	switch {
	case errors.As(err, &diverged):
		return r.stick(diverged, in)
	case errors.As(err, &why):
		return r.stick(why, in)
	case errors.Is(err, journal.ErrNoRun):
		r.drop(err)
	default:
		r.e.fail(err)
	}
	if in != nil {
		r.e.turnAway(in, errGone)
	}
	return nil
}

// stick stops the run until somebody resumes it. Nothing is lost: results that
// exist nowhere else go to the inbox, in the same commit, and a straight signal by
// itself; other messages and timers are on disk anyway. Attempts under way go on:
// their results are kept.
func (r *run) stick(why troubled, in *input) (commit Task) {
	r.mu.Lock()
	inputs := r.queue
	r.queue, r.stuck = nil, true
	r.mu.Unlock()
	if in != nil {
		inputs = append([]input{*in}, inputs...)
	}
	create, s := r.create, &journal.Stick{Run: r.key, Fence: r.fence, Problem: why.Problem()}
	writes := []journal.Write{s}
	if create != nil { // the very first turn broke: the run begins stuck
		s.New, create.Input = create, in.event.Data
		writes = []journal.Write{create, s}
		r.create = nil
	}
	for i := range inputs {
		if m, ok := inputs[i].asMessage(); ok {
			m.At = r.e.sched.Now()
			writes = append(writes, &journal.Post{Run: r.key, Fence: r.fence, Message: m})
		}
		r.e.turnAway(&inputs[i], &StuckError{Run: r.info.ID, Problem: s.Problem})
	}
	r.e.report(r, why)
	return r.e.enter(entry{writes: writes, done: func() {
		if create != nil && r.created(create) {
			r.starter(nil)
		}
		r.drop(s.Err)
		r.e.changed(r.key)
		r.e.findWorkSoon() // it may have been resumed before it was gone
	}, failed: func(err error) {
		if create != nil {
			r.starter(err)
		}
		r.drop(err)
	}})
}
