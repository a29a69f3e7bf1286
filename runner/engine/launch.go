package engine

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// launch starts an attempt, unless one of the same operation is under way.
func (e *Engine) launch(a *attempt) { e.start(e.admitted(a)) }

// launchNext is launch for the committer: the last attempt it lets out is its
// own next task.
func (e *Engine) launchNext(a *attempt) {
	if run := e.admitted(a); run != nil {
		e.start(e.committer.after)
		e.committer.after = run
	}
}

// admitted notes that the attempt is under way and returns the task that is
// left to do; nil if it is not to be started, or not yet.
func (e *Engine) admitted(a *attempt) Task {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining || e.attempts[a.key] != nil {
		return nil
	}
	if e.concurrency > 0 && len(e.attempts) >= e.concurrency {
		e.backlog = append(e.backlog, a)
		return nil
	}
	e.attempts[a.key] = a
	e.working++
	return a.run
}

// underWay reports whether an attempt of the operation is.
func (e *Engine) underWay(key attemptKey) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.attempts[key] != nil
}

// finished takes an attempt's outcome to its run. If that is not in memory, it is
// stuck, and the outcome waits in its inbox.
func (e *Engine) finished(a *attempt, in input, tell bool) (next Task) {
	defer e.busy(-1)
	e.mu.Lock()
	if e.attempts[a.key] == a {
		delete(e.attempts, a.key)
	}
	r := e.runs[a.key.run]
	var waiting *attempt
	if len(e.backlog) > 0 && !e.draining {
		waiting, e.backlog = e.backlog[0], e.backlog[1:]
	}
	e.mu.Unlock()
	if waiting != nil {
		e.launch(waiting)
	}
	switch {
	case !tell:
		if r != nil {
			r.rest()
		}
	case r != nil:
		return r.push(in)
	default:
		if m, ok := in.asMessage(); ok { // a failed attempt is made again
			m.At = e.sched.Now()
			return e.enqueue(nil, &journal.Post{Run: a.key.run, Fence: a.fence, Message: m})
		}
	}
	return nil
}

// cancelAttempt cancels the context of the operation's attempt. It reports
// whether there is one.
func (e *Engine) cancelAttempt(key attemptKey, why error) bool {
	e.mu.Lock()
	a := e.attempts[key]
	for i, b := range e.backlog {
		if b.key == key {
			e.backlog = append(e.backlog[:i:i], e.backlog[i+1:]...)
			break
		}
	}
	e.mu.Unlock()
	if a != nil {
		a.end(why)
	}
	return a != nil
}

// cancelAttempts cancels all of the run's.
func (e *Engine) cancelAttempts(run int64, why error) {
	var all []*attempt
	e.mu.Lock()
	for key, a := range e.attempts {
		if key.run == run {
			all = append(all, a)
		}
	}
	e.mu.Unlock()
	if errors.Is(why, journal.ErrFenced) {
		why = errLost
	}
	for _, a := range all {
		a.end(why)
	}
}

// unbound stops a run that asks for an activity this program does not have: it
// loses nothing, and goes on once a program that has it resumes it.
func (e *Engine) unbound(a *attempt) Task {
	a.end(errLost)
	if r := e.resident(a.key.run); r != nil {
		r.feed(input{kind: inputUnbound, event: journal.Event{Op: a.key.op, Name: a.name}})
	}
	return a.finish(nil, &journal.Failure{Code: host.CodeUnknown, Message: "no activity " + a.name + " is bound"})
}
