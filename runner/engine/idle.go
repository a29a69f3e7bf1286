package engine

import (
	"container/list"

	"github.com/seed139febb4/durable/journal"
)

// The idlers are the runs that are in memory and only wait, least recently
// active first. Beyond Config.Resident they leave memory: a million sleepers
// cost rows.
type idlers struct {
	list.List
	weight int // of all
}

type idler = list.Element

// heavy is how many bytes of payloads make a run count for one more: about what a
// run without any takes.
const heavy = 16 << 10

// weight is how many runs this one counts for, since it may still hold what it was
// given: of all that may stay a quarter at most. Else a run that has come a long way
// would turn out everybody, and two of them each other.
func (e *Engine) weight(x *execution) int {
	return min(1+x.given/heavy, max(e.residents/4, 1))
}

func (l *idlers) add(r *run, weight int) {
	r.idle, r.weight = l.PushBack(r), weight
	l.weight += weight
}

func (l *idlers) remove(r *run) {
	if r.idle != nil {
		l.Remove(r.idle)
		l.weight -= r.weight
		r.idle = nil
	}
}

// shrink removes the first until the others weigh no more than that.
func (l *idlers) shrink(to int) (out []*run) {
	for l.weight > to {
		r := l.Front().Value.(*run)
		l.remove(r)
		out = append(out, r)
	}
	return out
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
	if !quiet || r.phase == journal.Running { // nobody drives: what is the driver's may be read
		r.mu.Unlock()
		return
	}
	key, weight := r.key, 1
	if r.x != nil {
		weight = e.weight(r.x)
	}
	r.mu.Unlock()
	e.mu.Lock()
	e.idle.remove(r)
	var out []*run
	if e.runs[key] == r {
		e.idle.add(r, weight)
		out = e.idle.shrink(e.residents)
	}
	e.mu.Unlock()
	for _, r := range out {
		r.feed(input{kind: inputEvict})
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
