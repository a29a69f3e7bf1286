package engine

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// launch starts an attempt, unless one of the same operation is under way.
func (e *Engine) launch(a *attempt) { e.start(e.admitted(a)) }

// admitted notes that the attempt is under way, or waits for its turn, and
// returns the task that is left to do; nil if it is not to be started now, or
// ever: its run does not go on here.
func (e *Engine) admitted(a *attempt) Task {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining || e.attempts[a.key] != nil || !e.goesOn(a.key.run) {
		return nil
	}
	e.attempts[a.key] = a
	if e.concurrency > 0 && e.underWay >= e.concurrency {
		a.waits = true
		e.backlog = append(e.backlog, a)
		return nil
	}
	return e.begins(a)
}

// begins counts the attempt as one that is under way. The caller holds mu.
func (e *Engine) begins(a *attempt) Task {
	e.underWay++
	e.busy(1)
	return a.run
}

// another takes the next attempt from the backlog that is still wanted. The
// caller holds mu.
func (e *Engine) another() Task {
	for len(e.backlog) > 0 && !e.draining {
		a := e.backlog[0]
		e.backlog = e.backlog[1:]
		if e.attempts[a.key] == a {
			a.waits = false
			return e.begins(a)
		}
	}
	return nil
}

// finished takes an attempt's outcome to its run. At any time a result is with
// its attempt, in its run's queue, or on its way to the run's inbox: that is
// where it goes if the run is not in memory, because it is stuck.
func (e *Engine) finished(a *attempt, in input, tell bool) (next Task) {
	defer e.busy(-1)
	e.mu.Lock()
	e.underWay--
	if e.attempts[a.key] == a {
		delete(e.attempts, a.key)
	}
	waiting := e.another()
	if in.kind == inputRetry && e.draining {
		tell = false
	}
	r, taken := e.runs[a.key.run], false
	if r != nil && tell {
		var begin bool
		if begin, taken = r.put(in); begin {
			e.busy(1)
			next = r.driver
		}
	}
	e.mu.Unlock()
	e.start(waiting)
	switch {
	case taken:
	case tell:
		return e.keep(a.key.run, a.fence, in)
	case r != nil:
		r.rest()
	}
	return next
}

// keep puts a result that its run cannot take into the run's inbox.
func (e *Engine) keep(run, fence int64, in input) (commit Task) {
	m, ok := in.asMessage()
	if !ok {
		return nil // a failed attempt is made again
	}
	m.At = e.sched.Now()
	p := &journal.Post{Run: run, Fence: fence, Message: m}
	return e.enqueue(func() {
		if p.Err == nil {
			e.posted(run) // it may have come back meanwhile
		}
	}, p)
}

// tried is the attempt of an operation that is under way, or waits for its turn;
// nil if there is none.
func (e *Engine) tried(key attemptKey) *attempt {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.attempts[key]
}

// cancelAttempt cancels the context of the operation's attempt. It reports
// whether that will have an outcome.
func (e *Engine) cancelAttempt(key attemptKey, why error) bool {
	e.mu.Lock()
	a := e.attempts[key]
	if a != nil && a.waits {
		delete(e.attempts, key)
		a = nil
	}
	e.mu.Unlock()
	if a != nil {
		a.end(why)
	}
	return a != nil
}

// cancelAttempts cancels all of the run's.
func (e *Engine) cancelAttempts(run int64, why error) {
	switch {
	case errors.Is(why, journal.ErrClosed):
		why = host.ErrCanceled
	case !errors.Is(why, host.ErrCanceled) && !errors.Is(why, errSuspended):
		why = errLost
	}
	var all []attemptKey
	e.mu.Lock()
	for key := range e.attempts {
		if key.run == run {
			all = append(all, key)
		}
	}
	e.mu.Unlock()
	for _, key := range all {
		e.cancelAttempt(key, why)
	}
}

// unqueue forgets the attempts of a run that wait for their turn: it is stuck, and
// whoever goes on with it makes them.
func (e *Engine) unqueue(run int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, a := range e.attempts {
		if key.run == run && a.waits {
			delete(e.attempts, key)
		}
	}
}

// goesOn reports whether a run is in memory and not on its way to be stuck: that may
// be on disk already, and the run somebody else's. The caller holds mu.
func (e *Engine) goesOn(run int64) bool {
	r := e.runs[run]
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.stuck
}

// leftToOthers reports whether the run of an attempt that is about to begin does not
// go on here: whoever goes on with it makes the attempt.
func (e *Engine) leftToOthers(a *attempt) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.goesOn(a.key.run) {
		return false
	}
	delete(e.attempts, a.key) // from now on; this process may be the one
	return true
}

// unbound stops a run that asks for an activity this program does not have: it
// loses nothing, and goes on once a program that has it resumes it.
func (e *Engine) unbound(a *attempt) Task {
	if r := e.resident(a.key.run); r != nil {
		r.feed(input{kind: inputUnbound, event: journal.Event{Op: a.key.op, Name: a.task.Activity}})
	}
	return a.settle()
}

// leftBehind notes an attempt whose outcome was decided before its function
// returned.
func (e *Engine) leftBehind(a *attempt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left[a] = true
}

// caughtUp notes that its function has returned.
func (e *Engine) caughtUp(a *attempt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.left, a)
	e.calm.Broadcast()
}

// calls are the attempts whose function has not returned. The caller holds mu.
func (e *Engine) calls() (under []*attempt) {
	for _, a := range e.attempts {
		if !a.waits && a.kind != journal.RunTx { // that is the store's to call
			under = append(under, a)
		}
	}
	for a := range e.left {
		under = append(under, a)
	}
	return under
}
