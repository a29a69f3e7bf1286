package engine

import (
	"container/heap"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// lookAgain bounds how long the engine trusts its timer while a deadline is
// pending: the monotonic clock that timers use stands still while a laptop is
// suspended, the wall clock that deadlines are in does not.
const lookAgain = 5 * time.Second

// A deadline is one pending timer or backoff of a run in memory.
type deadline struct {
	at    time.Time
	r     *run
	op    int64
	retry bool
	place int // in the heap
}

// A clock holds the deadlines of all runs in memory, and the earliest one of
// those that are not, behind one timer.
type clock struct {
	mu    sync.Mutex
	queue deadlines
	away  time.Time // the earliest deadline of a run that is not in memory; zero: none
	set   time.Time // what the timer is set to; zero: it is not
	stop  func()
}

// schedule makes the run be told once each of ts is due; of those that are due
// already, the earliest first.
func (e *Engine) schedule(r *run, ts ...journal.Timer) {
	c := &e.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range ts {
		if r.timers == nil { // it has left memory
			c.leave(t.Due)
			continue
		}
		if old := r.timers[t.Op]; old != nil {
			heap.Remove(&c.queue, old.place)
		}
		d := &deadline{at: t.Due, r: r, op: t.Op, retry: t.Attempt > 0}
		r.timers[t.Op] = d
		heap.Push(&c.queue, d)
	}
	e.arm()
}

// leave notes a deadline of a run that is not in memory. The caller holds mu.
func (c *clock) leave(at time.Time) {
	if c.away.IsZero() || at.Before(c.away) {
		c.away = at
	}
}

// unschedule forgets the deadline of one operation.
func (e *Engine) unschedule(r *run, op int64) {
	c := &e.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := r.timers[op]; d != nil {
		delete(r.timers, op)
		heap.Remove(&c.queue, d.place)
	}
}

// unscheduleAll forgets every deadline of the run, which leaves memory. away says
// that they stay pending on disk: the engine looks there when the first is due.
func (e *Engine) unscheduleAll(r *run, away bool) {
	c := &e.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range r.timers {
		heap.Remove(&c.queue, d.place)
		if away {
			c.leave(d.at)
		}
	}
	r.timers = nil
	e.arm()
}

// awayUntil notes when the first deadline of the runs that are not in memory is
// due.
func (e *Engine) awayUntil(at time.Time) {
	c := &e.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if !at.IsZero() {
		c.leave(at)
		e.arm()
	}
}

// arm sets the timer to the first deadline, or to lookAgain. The caller holds
// clock.mu.
func (e *Engine) arm() {
	c := &e.clock
	first := c.away
	if len(c.queue) > 0 && (first.IsZero() || c.queue[0].at.Before(first)) {
		first = c.queue[0].at
	}
	if first.IsZero() || e.isStopped() {
		return
	}
	now := e.sched.Now()
	if limit := now.Add(e.lookAgain); first.After(limit) {
		first = limit
	}
	if !c.set.IsZero() && !first.Before(c.set) && c.set.After(now) {
		return // it will fire early enough
	}
	if c.stop != nil {
		c.stop()
	}
	c.set = first
	c.stop = e.sched.After(max(first.Sub(now), 0), leaf(e.tick))
}

// tick tells every run whose deadline has passed by the wall clock: never
// before it (P4).
func (e *Engine) tick() {
	c := &e.clock
	c.mu.Lock()
	c.set = time.Time{}
	if e.isStopped() {
		c.mu.Unlock()
		return
	}
	now := e.sched.Now()
	var due []*deadline
	for len(c.queue) > 0 && !c.queue[0].at.After(now) {
		d := heap.Pop(&c.queue).(*deadline)
		delete(d.r.timers, d.op)
		due = append(due, d)
	}
	look := !c.away.IsZero() && !c.away.After(now)
	if look {
		c.away = time.Time{}
	}
	e.arm()
	c.mu.Unlock()
	for _, d := range due {
		d.r.at(journal.TimerDue)
		if !d.r.feed(d.input()) {
			look = true // it is leaving memory; the deadline stays on disk
		}
	}
	if look {
		e.findWork()
	}
}

func (d *deadline) input() input {
	if d.retry {
		return input{kind: inputRetry, event: journal.Event{Op: d.op}}
	}
	return timerInput(d.op, d.at)
}

func timerInput(op int64, due time.Time) input {
	return input{kind: inputEvent, event: journal.Event{Kind: journal.TimerFired, Op: op, Note: journal.Note{Due: due}.Encode()}}
}

// deadlines is a heap by time, and by run and operation where that is the same.
type deadlines []*deadline

func (q deadlines) Len() int { return len(q) }

func (q deadlines) Less(i, j int) bool {
	if c := q[i].at.Compare(q[j].at); c != 0 {
		return c < 0
	}
	if c := byKey(q[i].r, q[j].r); c != 0 {
		return c < 0
	}
	return q[i].op < q[j].op
}

func (q deadlines) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *deadlines) Push(v any) {
	d := v.(*deadline)
	d.place = len(*q)
	*q = append(*q, d)
}

func (q *deadlines) Pop() any {
	last := len(*q) - 1
	d := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return d
}
