package engine

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// abandoned is called instead of committed when the store has failed.
func (t *turn) abandoned(err error) {
	if t.create != nil {
		t.r.starter(err)
		t.r.drop(err) // nobody else knows of it
	}
	t.in.arrived(err)
	r := t.r
	r.mu.Lock()
	defer r.mu.Unlock()
	t.lost = true
	for _, q := range t.questions {
		q.fail(errGone)
	}
}

// committed is called, in order, for each turn whose group is on disk.
func (t *turn) committed() {
	r := t.r
	if t.create != nil && !r.created(t.create) {
		return
	}
	if err := t.append.Err; err != nil {
		t.started()
		t.rejected(err)
		return
	}
	release(t.logs)
	t.release()
	r.mu.Lock()
	r.unsaved-- // only now: until then the run does not leave memory
	if r.last == t {
		r.last = nil
	}
	questions := t.questions
	kick := r.unsaved == 0 && (r.stale || len(r.queue) > 0)
	r.mu.Unlock()
	t.started() // who was told finds the run at rest
	t.in.arrived(nil)
	for _, q := range questions {
		q.reply()
	}
	if t.append.End != "" {
		r.e.follow(r.goes(host.ErrCanceled)) // before told, see Result
		r.e.told(r.key, t)
		return
	}
	r.e.told(r.key, t)
	if t.append.Event.Seq == manyEvents {
		r.e.log().Warn("a run has many events: each replay of it takes longer", "run", r.info.ID, "events", manyEvents)
	}
	if kick {
		r.feed()
	}
	r.rest()
}

// started tells who began the run that it has, if this is its first turn.
func (t *turn) started() {
	if t.create != nil {
		t.r.starter(nil)
	}
}

// release lets the turn's effects out: it is on disk (P1).
func (t *turn) release() {
	r, e := t.r, t.r.e
	for _, d := range t.append.Unset {
		e.unschedule(r, d.Op)
	}
	for _, a := range t.attempts {
		a.key.run, a.fence = r.key, r.fence
		e.follow(e.admitted(a))
	}
	for _, f := range t.effects {
		switch f.kind {
		case effectTimer:
			if d := t.deadline(f.op.number); d != nil {
				e.schedule(r, *d)
			}
		case effectCancel:
			e.unschedule(r, f.op.number)
			if !e.cancelAttempt(attemptKey{r.key, f.op.number}, host.ErrCanceled) && f.op.gaveUp {
				r.feed(canceledResult(f.op)) // there is nobody to wait for
			}
		}
	}
	for _, w := range t.append.Then {
		switch w := w.(type) {
		case *journal.Create:
			switch {
			case w.Existing.Key != 0:
				r.look() // the parent, this run, was told
			case w.Err == nil && w.Own:
				e.began(w)
			case w.Err == nil:
				e.nudge(w.Key)
			}
		case *journal.Post:
			if w.Err == nil {
				e.posted(w.Run)
			}
		}
	}
	if r.suspect.Load() {
		e.acquit(r)
	}
}

// deadline is what this turn has set for op, nil if nothing.
func (t *turn) deadline(op int64) *journal.Timer {
	for i := range t.append.Set {
		if t.append.Set[i].Op == op {
			return &t.append.Set[i]
		}
	}
	return nil
}

// refusals is how often the end of a run is put off because messages came before
// it was on disk. The input that ends it then gets a place among them: behind
// those that wait when the run is rebuilt. They are delivered first; later ones
// came after the end, and stay unread.
const refusals = 3

// rejected decides what becomes of a turn that the store did not write. Nothing
// of it has left the process.
func (t *turn) rejected(err error) {
	r := t.r
	r.mu.Lock()
	r.unsaved--
	t.lost = true
	unread := errors.Is(err, journal.ErrUnread)
	switch {
	case unread && t.in.straight != nil:
		r.crowded = true
	case unread:
		r.refused++
	}
	again := r.stale || unread
	if again {
		r.stale = true
		if t.in.straight == nil {
			r.redo = append(r.redo, t.in)
		}
		for _, q := range t.questions {
			r.redo = append(r.redo, input{kind: inputQuery, query: q})
		}
	}
	kick := again && r.unsaved == 0
	r.mu.Unlock()
	r.e.detour(&t.in)
	switch {
	case kick:
		r.feed()
	case !again:
		for _, q := range t.questions {
			q.fail(errGone)
		}
		r.drop(err)
		r.e.changed(r.key)
		r.e.findWorkSoon() // it may be for the taking
	}
}
