package sqlite

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// A writer is the one connection that writes. It serves whoever holds DB.turn.
type writer struct {
	*conn
	db      *DB
	pinned  *stmt  // see pin; nil: nothing is
	version uint32 // of the data as this connection last saw or wrote it
	guard   guard
	lender  lender
	kept    kept
	newest  mark              // what was acknowledged last
	room    [markSize]byte    // for its stored form
	owed    bool              // a commit that was acknowledged early, see AckEarly
	held    map[int64]holding // runs this process owns, as they are on disk while version stands
}

// A holding is what an append must know of a run; it saves a SELECT each.
type holding struct {
	fence, last int64 // the last event's number
	phase       journal.Phase
}

// manyHeld bounds the memory of writer.held to about a megabyte.
const manyHeld = 1 << 14

// within calls f in a transaction and commits it.
func (w *writer) within(f func() error) error {
	if err := w.settle(); err != nil {
		return err
	}
	probe := w.db.probe
	w.guard.gone = false
	probe.At(journal.BeginBefore)
	err := w.begin()
	if err != nil {
		return err
	}
	probe.At(journal.BeginAfter)
	if err = w.look(); err == nil {
		err = f()
	}
	probe.At(journal.CommitBefore)
	if err == nil && w.db.sabotage == AckEarly {
		w.owed = true
		return nil
	}
	if err == nil {
		err = w.end()
		probe.At(journal.CommitAfter)
	}
	if err != nil {
		w.unpin()
		_ = w.exec("ROLLBACK") // fails if SQLite has done it
		clear(w.held)
	}
	return err
}

// end commits, and takes note of the version that comes of it.
func (w *writer) end() error {
	w.guard.committing = true
	defer func() { w.guard.committing = false }()
	err := w.exec("COMMIT")
	if err == nil {
		w.version, err = w.dataVersion()
	}
	return err
}

// look finds out, in a transaction, whether anybody else has written since the
// last look or commit. If so, what is known of runs is forgotten, and the layout
// checked.
func (w *writer) look() error {
	v, err := w.dataVersion()
	if err != nil || v == w.version {
		return err
	}
	clear(w.held)
	if w.version != 0 {
		w.db.signal()
	}
	w.version = v
	now, err := w.conn.version()
	if err == nil && now > layout() {
		err = newer(now)
	}
	return err
}

// glance is look outside a transaction, when nothing is pinned.
func (w *writer) glance() error {
	// SQLite notices what others did when it begins to read.
	if _, _, err := w.one("PRAGMA data_version"); err != nil {
		return err
	}
	return w.look()
}

// close closes the connection and everything on it.
func (w *writer) close() error {
	return errors.Join(w.lender.close(), w.kept.close(), w.conn.close())
}

// hold returns the run if this process owns it and it is open; otherwise the
// error is a refusal that says why not.
func (w *writer) hold(run int64) (holding, error) {
	if h, ok := w.held[run]; ok {
		return h, nil
	}
	const find = `SELECT status, owner, fence, phase, (SELECT max(seq) FROM events WHERE run = ?1) FROM runs WHERE run = ?1`
	var h holding
	var status journal.Status
	var owner int64
	err := w.query(bg, find, func(r row) error {
		status, owner = journal.Status(r.text(0)), r.int(1)
		h = holding{fence: r.int(2), phase: journal.Phase(r.text(3)), last: r.int(4)}
		return nil
	}, run)
	switch {
	case err != nil:
		return h, err
	case status == "":
		return h, refuse("run %d: %w", run, journal.ErrNoRun)
	case status.Closed():
		return h, refuse("run %d: %w", run, journal.ErrClosed)
	case status == journal.StatusStuck:
		return h, refuse("run %d: %w", run, journal.ErrStuck)
	case (owner == 0 || owner != w.db.self.Load()) && w.db.sabotage != NoFence:
		return h, refuse("run %d: %w", run, journal.ErrFenced)
	}
	w.keep(run, h)
	return h, nil
}

func (w *writer) keep(run int64, h holding) {
	if _, known := w.held[run]; !known && len(w.held) >= manyHeld {
		for any := range w.held {
			delete(w.held, any)
			break
		}
	}
	w.held[run] = h
}

// fenced is hold for writes that name the fence they believe in.
func (w *writer) fenced(run, fence int64) (holding, error) {
	h, err := w.hold(run)
	if err == nil && h.fence != fence && w.db.sabotage != NoFence {
		err = refuse("run %d: it is at fence %d, not %d: %w", run, h.fence, fence, journal.ErrFenced)
	}
	return h, err
}
