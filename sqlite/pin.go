package sqlite

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// pinning is a statement that stays at a row, and with it the snapshot that it
// reads.
const pinning = `SELECT 1 FROM meta`

// pin keeps the writer reading what it has just committed. A transaction that
// begins there only takes the lock of writing: SQLite need not look for what
// others did, which is four of the six locks of a commit. If one of them has
// written meanwhile BEGIN is refused, and begin tries again with nothing pinned.
//
// A log whose snapshot is pinned does not begin again. So nothing is pinned while
// there is a checkpoint to be made, or another process at work, and one that has
// nothing more to commit is unpinned by the next tick.
func (w *writer) pin() {
	db := w.db
	alone := db.dir == nil || db.watching.Load() && !db.dir.Turnstile().Crowded()
	if w.pinned != nil || w.owed || !alone || db.ckpt.due() {
		return
	}
	s, err := w.conn.prepare(pinning)
	if err != nil {
		return // it would have saved time, that is all
	}
	if _, err := s.step(); err != nil {
		_ = s.done(err)
		return
	}
	w.pinned = s
}

// unpin reports whether there was a snapshot to let go.
func (w *writer) unpin() bool {
	if w.pinned == nil {
		return false
	}
	_ = w.pinned.done(nil) // it has only read
	w.pinned = nil
	return true
}

// begin begins a transaction that will write.
func (w *writer) begin() error {
	const now = "BEGIN IMMEDIATE"
	err := w.exec(now)
	if err != nil && errors.Is(explain(err), journal.ErrHeld) && w.unpin() {
		err = w.exec(now) // somebody has written since, or does; this waits
	}
	return err
}
