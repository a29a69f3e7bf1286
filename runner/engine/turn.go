package engine

import (
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A turn is one event on its way to the disk, with what is to happen once it is
// there.
type turn struct {
	r         *run
	in        input
	create    *journal.Create // the run is new
	append    *journal.Append
	effects   []effect
	attempts  []*attempt
	logs      []logLine
	questions []*question
	end       *journal.Command // the run's last, if this is its last turn
	lost      bool             // it was refused, or will never be written; guarded by run.mu

	// Where append and the entry's writes are: a turn is one piece of memory.
	body   journal.Append
	writes [2]journal.Write
}

// turns keeps the memory of those that are over: they are most of what a step needs.
var turns = sync.Pool{New: func() any { return new(turn) }}

// recycle is called when nobody knows of the turn any more.
func (t *turn) recycle() {
	*t = turn{}
	turns.Put(t)
}

// manyEvents is where a run is worth a warning. There is no hard end.
const manyEvents = 10_000

// handle carries out one input.
func (r *run) handle(in input) (commit Task) {
	if r.x == nil {
		switch in.kind {
		case inputEvict:
			return nil
		case inputCrashed:
			return r.stick(r.crashed(in.times), nil)
		}
		if err := r.load(in); err != nil {
			return r.failed(err, &in)
		}
		return nil // in is in the queue again, behind the messages
	}
	switch in.kind {
	case inputEvent, inputMessage:
		return r.turn(in)
	case inputInbox:
		return r.readInbox()
	case inputRetry:
		return r.retry(in.event.Op)
	case inputQuery:
		r.answer(in.query)
	case inputEvict:
		r.evict()
	case inputUnbound:
		if op := r.x.pending[in.event.Op]; op != nil {
			return r.stick(&unboundError{op: in.event.Op, name: in.event.Name}, nil)
		}
	}
	return nil
}

// turn feeds one event to the workflow and queues what came of it.
func (r *run) turn(in input) (commit Task) {
	e, x := r.e, r.x
	if !x.wanted(&in.event) {
		if in.kind == inputMessage {
			return e.enqueue(nil, &journal.Discard{Run: r.key, Fence: r.fence, Message: in.message})
		}
		return nil
	}
	now, op := e.sched.Now(), x.pending[in.event.Op]
	if in.event.Kind == journal.TimerFired && now.Before(op.due) { // the clock was set back since
		e.schedule(r, journal.Timer{Op: op.number, Due: op.due})
		return nil
	}
	ev := in.event
	ev.Seq, ev.At = r.seq+1, now
	if now.Before(x.now) {
		ev.At = x.now // time in a workflow never goes back
	}
	t := turns.Get().(*turn)
	t.r, t.in, t.create, t.append = r, in, r.create, &t.body
	t.body = journal.Append{Run: r.key, New: r.create, Fence: r.fence, Delivered: in.message, Straight: in.straight != nil, Cutoff: in.cutoff}
	if op != nil {
		r.settles(t, op, ev.Kind)
	}
	if ev.Kind == journal.AttemptFailed {
		r.failedAttempt(t, op, &ev)
	} else if !r.enters(t, &ev, now) {
		return r.stick(&brokenError{event: r.seq, crash: x.broken}, &in)
	}
	if len(x.commands) > 0 {
		ev.Commands = journal.AppendCommands(make([]byte, 0, 96*len(x.commands)), x.commands)
	}
	journal.Seal(r.sum, &ev)
	t.append.Event = ev
	r.prepare(t)
	return r.submit(t)
}

// enters runs workflow code. It reports false if that broke.
func (r *run) enters(t *turn, ev *journal.Event, now time.Time) bool {
	r.enter(now)
	ok := r.x.turn(ev, now)
	r.leave()
	t.effects, t.logs = r.x.effects, r.x.logs
	return ok
}

// settles takes out of the tables what op no longer waits for.
func (r *run) settles(t *turn, op *operation, kind journal.Kind) {
	r.unset(t.append, op)
	if kind == journal.AttemptFailed {
		return
	}
	if t.in.kind == inputMessage && op.work() {
		r.mute(op) // its attempt may not have heard yet that it is over
	}
	op.attempt = nil
	r.forgetBeats(t.append, op)
}

// failedAttempt notes an event that the workflow does not see.
func (r *run) failedAttempt(t *turn, op *operation, ev *journal.Event) {
	x := r.x
	x.commands, x.effects, x.logs = x.commands[:0], nil, nil
	x.attemptFailed(ev)
	t.append.Set = append(t.append.Set, journal.Timer{Op: op.number, Attempt: op.failed + 1, Due: op.due})
	t.effects = []effect{{kind: effectTimer, op: op}}
}

// submit hands the turn to the committer.
func (r *run) submit(t *turn) (commit Task) {
	ev := &t.append.Event
	r.seq, r.sum = ev.Seq, ev.Sum
	r.mu.Lock()
	r.unsaved++
	r.last = t
	r.mu.Unlock()
	writes := append(t.writes[:0], t.append)
	if r.create != nil {
		writes = append(t.writes[:0], r.create, t.append)
		r.create = nil
	}
	return r.e.enter(entry{writes: writes, turn: t})
}
