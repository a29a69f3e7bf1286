package engine

import "github.com/seed139febb4/durable/journal"

// A straight signal is on its way from a client of this process to a run that this
// process drives, without a stay in the run's inbox: what it leads to is one commit
// instead of two.
type straight struct {
	post *journal.Post // what it is if that does not come about
	tell func(error)   // the outcome; called once
}

// straight gives a signal to the run of p, if that rests here: nothing is in its
// queue, on its way to the disk, or, as far as this process knows, in its inbox.
// Whether a key was used before only a post can know.
func (e *Engine) straight(p *journal.Post, tell func(error)) bool {
	r := e.resident(p.Run)
	if r == nil || p.Message.Key != "" {
		return false
	}
	in := fromMessage(&p.Message)
	in.kind, in.straight = inputEvent, &straight{p, tell}
	r.mu.Lock()
	rests := r.rests()
	if rests {
		r.queue, r.driving = append(r.queue, in), true
	}
	r.mu.Unlock()
	if rests {
		e.busy(1)
		e.sched.Go(r.driver)
	}
	return rests
}

// rests reports whether the run may take a straight signal. One to which messages
// came from elsewhere when it took one is spared another replay. A turn that was
// refused stays the last one until the run is rebuilt, or gone. The caller holds mu.
func (r *run) rests() bool {
	return !r.driving && !r.gone && !r.stuck && !r.crowded && r.posts == 0 && len(r.queue) == 0 &&
		r.unsaved == 0 && r.last == nil && r.x != nil && !r.x.ended // nobody drives: x is not being changed
}

// detour sends a straight signal, if that is what in is, by way of the inbox: its
// turn will not be.
func (e *Engine) detour(in *input) {
	if s := in.straight; s != nil {
		e.start(e.carry(s.post, func() { e.posted(s.post.Run) }, s.tell))
	}
}

// arrived tells the sender of a straight signal, if that is what in is, how its turn
// ended.
func (in *input) arrived(err error) {
	if in.straight != nil {
		in.straight.tell(err)
	}
}

// posting counts a signal that is on its way to the inbox of a run that this process
// drives, until it is there and the run was told.
func (e *Engine) posting(run int64) (done func()) {
	r := e.resident(run)
	if r == nil {
		return func() {}
	}
	count := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts += n
	}
	count(1)
	return func() { count(-1) }
}
