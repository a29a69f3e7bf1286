package engine

import "github.com/seed139febb4/durable/journal"

// A straight message is on its way from a client of this process to a run that
// this process drives, without a stay in the run's inbox: what it leads to is one
// commit instead of two.
type straight struct {
	post *journal.Post // what it is if that does not come about
	tell func(error)   // the outcome; called once
}

// straight gives a message to the run of p, if that rests here. Whether a key was
// used before only a post can know, and a run to which messages come from outside,
// too, would have to be rebuilt each time one of these was there before.
func (e *Engine) straight(p *journal.Post, tell func(error)) bool {
	r := e.resident(p.Run)
	if r == nil || p.Message.Key != "" {
		return false
	}
	in := fromMessage(&p.Message)
	in.kind, in.straight = inputEvent, &straight{p, tell}
	r.mu.Lock()
	rests := !r.gone && !r.stuck && !r.driving && r.unsaved == 0 && len(r.queue) == 0 && r.refused == 0
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

// detour sends a straight message, if that is what in is, by way of the inbox: its
// turn will not be.
func (e *Engine) detour(in *input) {
	if s := in.straight; s != nil {
		e.start(e.carry(s.post, func() { e.posted(s.post.Run) }, s.tell))
	}
}

// arrived tells the sender of a straight message, if that is what in is, how its
// turn ended.
func (in *input) arrived(err error) {
	if in.straight != nil {
		in.straight.tell(err)
	}
}
