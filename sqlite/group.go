package sqlite

import (
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A group is one attempt to carry out the writes of a commit in one transaction.
type group struct {
	*writer
	limit time.Duration               // how long a transactional step may take; 0: steps are passed over
	late  map[*journal.Transact]*call // steps that took longer and still run
	mark  mark                        // the newest of what is written here
}

// commit writes the group in one transaction, or, if a transactional step has
// spoiled that, all but the steps in one and each step in another.
func (w *writer) commit(writes []journal.Write) error {
	g := group{writer: w, limit: w.db.stepTime}
	if len(writes) == 1 {
		g.limit = w.db.aloneTime
	}
	steps := stepsOf(writes)
	if len(steps) > 0 {
		w.unpin() // a pinned snapshot forbids to drop a table, and never lets SQLite forget an interrupt
	}
	err := g.attempt(writes)
	if err == nil {
		return nil
	}
	full := errors.Is(explain(err), journal.ErrFull)
	switch {
	case len(steps) == 0 || !blames(err) && !full:
		return err
	case len(writes) == 1 && full:
		return err
	case len(writes) == 1:
		w.failed(steps[0], err)
		return nil
	}
	rest := group{writer: w}
	if err := rest.attempt(writes); err != nil {
		return err
	}
	for _, t := range steps {
		w.alone(t, g.late[t])
	}
	return nil
}

func (g *group) attempt(writes []journal.Write) error {
	g.mark = g.newest
	err := g.within(func() error {
		for _, w := range writes {
			if err := g.apply(w); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		g.acknowledge(g.mark)
		g.db.probe.At(journal.MarkAfter)
	}
	return err
}

// acknowledge notes what is on disk now, before anybody hears of it. Without
// the note a loss would go unnoticed, but nothing is lost, so an error of it
// is none of the commit.
func (w *writer) acknowledge(m mark) {
	if m == w.newest {
		return
	}
	w.newest = m
	if member := w.db.member.Load(); member != nil {
		_ = member.Mark(m.encode(w.room[:0]))
	}
}

// apply carries out one write, or sets why it is refused. An error ends the
// whole group.
func (g *group) apply(w journal.Write) error {
	err := g.carryOut(w)
	if err == nil {
		journal.Refuse(w, nil)
		if g.db.probe != nil {
			g.db.probe.At(written(w))
		}
		return nil
	}
	var no refusal
	if errors.As(err, &no) {
		journal.Refuse(w, no.error)
		return nil
	}
	return err
}

func (g *group) carryOut(w journal.Write) error {
	switch w := w.(type) {
	case *journal.Append:
		return g.append(w)
	case *journal.Create:
		return g.create(w)
	case *journal.Post:
		return g.post(w)
	case *journal.Discard:
		return g.discard(w)
	case *journal.Claim:
		return g.claim(w)
	case *journal.Release:
		return g.releaseRuns(w)
	case *journal.Stick:
		return g.stick(w)
	case *journal.Resume:
		return g.resume(w)
	case *journal.Terminate:
		return g.terminate(w)
	case *journal.Progress:
		return g.progress(w)
	case *journal.Transact:
		return g.transact(w)
	}
	return refuse("%T: this store does not know such a write", w)
}

// written is the moment at which a write is in the transaction.
func written(w journal.Write) journal.Point {
	switch w.(type) {
	case *journal.Append:
		return journal.WrittenAppend
	case *journal.Create:
		return journal.WrittenCreate
	case *journal.Post:
		return journal.WrittenPost
	case *journal.Discard:
		return journal.WrittenDiscard
	case *journal.Claim:
		return journal.WrittenClaim
	case *journal.Release:
		return journal.WrittenRelease
	case *journal.Stick:
		return journal.WrittenStick
	case *journal.Resume:
		return journal.WrittenResume
	case *journal.Terminate:
		return journal.WrittenTerminate
	case *journal.Progress:
		return journal.WrittenProgress
	}
	return journal.WrittenTransact
}
