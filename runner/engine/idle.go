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
	key := r.key
	r.mu.Unlock()
	e.mu.Lock()
	e.idle.remove(r)
	var out *run
	if quiet && e.runs[key] == r {
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
	if !r.dismissed() {
		return
	}
	e.unscheduleAll(r, true)
	e.acquit(r)
	// What was posted while it left found nobody here.
	e.busy(1)
	e.sched.Go(leaf(func() { e.checkInbox(r.key) }))
}

// dismissed takes the run out of the engine's hands if nothing is under way.
func (r *run) dismissed() bool {
	e := r.e
	e.mu.Lock()
	defer e.mu.Unlock()
	switch r.x.phase() {
	case journal.Running:
		return false
	case journal.Retrying:
		if e.drains {
			return false
		}
		for number := range r.x.pending {
			if e.attempts[attemptKey{r.key, number}] != nil {
				return false
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) > 0 || r.unsaved > 0 || r.gone {
		return false
	}
	r.gone = true // take closes the execution
	e.dismiss(r, r.key)
	return true
}
