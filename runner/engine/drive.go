package engine

import "fmt"

// drive takes inputs until there are none. The next task is to commit what that
// gave, if nobody else is committing.
func (r *run) drive() (commit Task) {
	finished := false
	defer func() {
		if !finished { // workflow code called runtime.Goexit, which takes this goroutine along
			r.e.sched.Go(func() Task { return r.escaped(commit) })
		}
	}()
	for {
		in, ok := r.take()
		if !ok {
			break
		}
		if commit != nil { // more to do here: let another goroutine commit what there is
			r.e.sched.Go(commit)
			commit = nil
		}
		r.taken = in
		commit = r.handle(in)
	}
	finished = true
	r.e.busy(-1)
	return commit
}

// take returns the next input; if there is none to be taken now the caller is
// the driver no longer.
func (r *run) take() (in input, ok bool) {
	r.mu.Lock()
	if r.stale && r.unsaved == 0 && !r.gone {
		r.rebuild()
	}
	switch {
	case r.gone:
		r.leaveMemory() // unlocks
	case r.stuck, r.stale, r.mayBeRefused(), len(r.queue) == 0:
		r.driving = false
		rests := r.unsaved == 0 && r.taken.kind != inputEvict // else its commit sees to that, or it had reasons to stay
		r.mu.Unlock()
		if rests {
			r.rest()
		}
	default:
		defer r.mu.Unlock()
		in = r.queue[0]
		r.queue[0] = input{}
		if r.queue = r.queue[1:]; len(r.queue) == 0 {
			r.queue = r.room[:0]
		}
		if in.kind == inputInbox {
			r.asked = false
		}
		return in, true
	}
	return input{}, false
}

// mayBeRefused reports whether what is in the inbox can refuse the turn that is on
// its way: nothing is built on it then. What a turn behind it would take, or find
// that nobody waits for any more, must be there for the one that comes instead. The
// caller is the driver and holds mu.
func (r *run) mayBeRefused() bool {
	return r.unsaved > 0 && (r.x != nil && r.x.ended || r.last != nil && r.last.in.straight != nil)
}

// leaveMemory unwinds the workflow. Results that came while it was becoming
// stuck follow the others into its inbox. The caller is the driver and holds mu,
// which is released.
func (r *run) leaveMemory() {
	left, x := append(r.redo, r.queue...), r.x
	r.queue, r.redo, r.x, r.driving = nil, nil, nil, false
	r.mu.Unlock()
	switch {
	case x == nil:
	case x.parked():
		r.e.sched.Go(leaf(x.close)) // user code runs
	default:
		x.close()
	}
	for i := range left {
		r.e.turnAway(&left[i], errGone)
		if r.stuck {
			r.e.start(r.e.keep(r.key, r.fence, left[i]))
		}
	}
}

// rebuild forgets everything that is not on disk, but for the inputs: results and
// straight signals exist nowhere else. Messages will be read from the inbox again.
// The caller holds mu and is the driver.
func (r *run) rebuild() {
	var keep []input
	for _, in := range append(r.redo, r.queue...) {
		if in.kind != inputMessage && in.kind != inputInbox {
			keep = append(keep, in)
		}
	}
	r.asked = len(keep) == 0
	if r.asked {
		keep = []input{{kind: inputInbox}}
	}
	r.queue, r.redo, r.stale, r.last = keep, nil, false, nil
	if r.x != nil {
		r.e.sched.Go(leaf(r.x.close))
		r.x = nil
	}
}

// escaped goes on after workflow code has ended its goroutine by itself. If only
// the answer to a query did, the run is none the worse for it.
func (r *run) escaped(commit Task) Task {
	r.leave()
	r.e.start(commit)
	crash, event := r.x.fallen(), r.seq
	if q := r.taken.query; q != nil && crash == nil {
		q.fail(fmt.Errorf("query %q called runtime.Goexit", q.name))
		return r.drive
	}
	if e := r.x.recorded.event; e != nil {
		event = e.Seq
	}
	r.e.start(r.stick(&brokenError{event: event, crash: crash}, &r.taken))
	return r.drive
}
