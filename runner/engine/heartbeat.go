package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// heartbeatEvery bounds how often one attempt writes to the journal.
const heartbeatEvery = 50 * time.Millisecond

// A pulse is what an attempt's heartbeats have brought. It is guarded by
// attempt.mu.
type pulse struct {
	beat    json.RawMessage // the newest
	heard   time.Time       // when that was, or the attempt began
	unsaved bool            // beat is newer than what was queued for the journal
	writing bool            // one is on its way there, or its timer runs
	written time.Time       // when the last one was queued
	muted   bool            // nothing waits for the operation any more
}

// heartbeat notes that the attempt lives, and how far it has come. It returns at
// once; the newest progress is written with a later group, at most every 50 ms.
func (a *attempt) heartbeat(progress json.RawMessage) {
	now := a.e.sched.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &a.pulse
	if a.over || a.e.fits(progress, "progress") != nil {
		return
	}
	p.beat, p.heard, p.unsaved = progress, now, true
	if p.writing {
		return
	}
	p.writing = true
	if wait := heartbeatEvery - now.Sub(p.written); wait > 0 {
		a.timers[timerBeat] = a.e.sched.After(wait, a.saveBeat)
		return
	}
	a.e.sched.Go(a.saveBeat)
}

// saveBeat queues the newest progress for the journal.
func (a *attempt) saveBeat() (commit Task) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over || a.pulse.muted || !a.pulse.unsaved {
		a.pulse.writing = false
		return nil
	}
	return a.queueBeat()
}

// queueBeat does it. The caller holds mu, so that no heartbeat is queued behind
// the turn that ends the operation.
func (a *attempt) queueBeat() (commit Task) {
	a.at(journal.HeartbeatQueued)
	p := &a.pulse
	p.written, p.unsaved = a.e.sched.Now(), false
	a.e.beaten(a.key)
	return a.e.enqueue(a.beatSaved, &journal.Progress{Run: a.key.run, Fence: a.fence, Op: a.key.op, Data: p.beat, At: p.written})
}

func (a *attempt) beatSaved() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pulse.writing = false
	if a.pulse.unsaved && !a.over {
		a.pulse.writing = true
		a.timers[timerBeat] = a.e.sched.After(heartbeatEvery, a.saveBeat)
	}
}

// mute says whether heartbeats are of no interest any more.
func (a *attempt) mute(yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pulse.muted = yes
}

// listen fails the attempt if it has been silent for too long.
func (a *attempt) listen() Task {
	now := a.e.sched.Now()
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return nil
	}
	if left := a.options.Heartbeat - now.Sub(a.pulse.heard); left > 0 {
		a.timers[timerSilence] = a.e.sched.After(left, a.listen)
		a.mu.Unlock()
		return nil
	}
	a.mu.Unlock()
	return a.expire(fmt.Sprintf("no heartbeat for %s", a.options.Heartbeat))
}

// beaten notes that a heartbeat of the operation is recorded, so that the turn
// that ends it forgets it.
func (e *Engine) beaten(key attemptKey) {
	if r := e.resident(key.run); r != nil {
		r.setBeaten(key.op)
	}
}

func (r *run) setBeaten(op int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.beaten == nil {
		r.beaten = map[int64]bool{}
	}
	r.beaten[op] = true
}

// wasBeaten reports whether op has a recorded heartbeat, and may forget that.
func (r *run) wasBeaten(op int64, forget bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.beaten[op]
	if was && forget {
		delete(r.beaten, op)
	}
	return was
}

// forgetBeats adds to a, which ends the wait for op, that its heartbeat is
// forgotten.
func (r *run) forgetBeats(a *journal.Append, op *operation) {
	if r.wasBeaten(op.number, true) {
		a.Clear = append(a.Clear, op.number)
	}
}

// retry starts the attempt whose backoff is over, or that was lost, with the last
// heartbeat of the ones before it.
func (r *run) retry(number int64) (commit Task) {
	op := r.x.pending[number]
	switch {
	case op == nil || !op.work():
		return nil
	case op.gaveUp:
		return r.turn(canceledResult(op))
	}
	a := r.attempt(op)
	if r.wasBeaten(number, false) {
		details, err := r.e.store.Details(context.Background(), r.key)
		if err != nil {
			return r.failed(fmt.Errorf("read the heartbeats of run %s: %w", r.info.ID, err), nil)
		}
		a.task.Last = details.Progress[number]
	}
	r.e.launch(a)
	return nil
}
