package engine

import (
	"container/list"

	"github.com/seed139febb4/durable/journal"
)

// The idlers are the runs that are in memory and only wait, least recently
// active first. Beyond Config.Resident they leave memory: a million sleepers
// cost rows.
type idlers struct{ list.List }

type idler = list.Element

func (l *idlers) remove(r *run) {
	if r.idle != nil {
		l.Remove(r.idle)
		r.idle = nil
	}
}

// rest puts a run that only waits at the end of the idlers, and sends the first
// of them out of memory if there are too many.
func (r *run) rest() {
	e := r.e
	if e.only {
		return
	}
	r.mu.Lock()
	quiet := !r.gone && !r.driving && len(r.queue) == 0 && r.unsaved == 0
	r.mu.Unlock()
	e.mu.Lock()
	e.idle.remove(r)
	var out *run
	if quiet && e.runs[r.key] == r {
		r.idle = e.idle.PushBack(r)
		if e.idle.Len() > e.residents {
			out = e.idle.Front().Value.(*run)
			e.idle.remove(out)
		}
	}
	e.mu.Unlock()
	if out != nil {
		out.feed(input{kind: inputEvict})
	}
}

// evict takes the run out of memory if all it does is wait. Its driver calls it.
func (r *run) evict() {
	e := r.e
	if r.x.phase() == journal.Running {
		return
	}
	e.mu.Lock()
	for key := range e.attempts {
		if key.run == r.key { // a retry under way
			e.mu.Unlock()
			return
		}
	}
	r.mu.Lock()
	if len(r.queue) > 0 || r.unsaved > 0 || r.gone {
		r.mu.Unlock()
		e.mu.Unlock()
		return
	}
	r.gone = true // take closes the execution
	r.mu.Unlock()
	e.dismiss(r, r.key)
	e.mu.Unlock()
	e.unscheduleAll(r, true)
	// What was posted while it left found nobody here.
	e.sched.Go(leaf(func() { e.checkInbox(r.key) }))
}
