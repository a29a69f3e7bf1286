package sqlite

import (
	"os"
	"sync"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite"

	"github.com/seed139febb4/durable/journal"
)

// ripePages is how many pages are written between two checkpoints. With about
// 1,000 the log is recycled while it is small; a log that grows is half as fast.
const ripePages = 1000

// A checkpointer moves what the log holds into the file, so that the log can be
// used again from its beginning. Most of the work is done in the background by a
// connection of its own; since the writer goes on meanwhile, a short last part
// is left for it to do between two commits. Then nothing of the log is needed
// and the next commit starts it over.
type checkpointer struct {
	db      *DB
	conn    *conn // nil until the first one
	written int   // pages, at the last one; the writer's

	running sync.WaitGroup
	busy    atomic.Bool           // one is under way
	last    atomic.Bool           // the writer's part is due
	failed  atomic.Pointer[error] // what went wrong with the last one
}

// inherit is called when the file is opened. If the log is long, since others
// wrote to it that did not live to the end of their thousand pages, the first
// commit starts a checkpoint.
func (c *checkpointer) inherit() {
	info, err := os.Stat(c.db.path + "-wal") // looked at, never opened
	if err == nil && info.Size() > 2*int64(c.db.ripe)*pageSize {
		c.written = -c.db.ripe
	}
}

// pageSize is SQLite's default.
const pageSize = 4096

// due reports whether one is under way, or its last part is to be done.
func (c *checkpointer) due() bool { return c.busy.Load() || c.last.Load() }

// finish is called by the writer before it begins: it does the last part.
func (c *checkpointer) finish(w *writer) {
	if c.last.Load() && !c.busy.Load() {
		c.last.Store(false)
		w.unpin()
		c.db.probe.At(journal.CheckpointLast)
		c.note(checkpoint(w.conn))
	}
}

// start is called by the writer after a commit: it starts the first part, when
// enough was written.
func (c *checkpointer) start(w *writer) {
	n, _, err := w.dc.(sqlite3.DBStatus).Status(sqlite3.DBStatusCacheWrite, false)
	if err != nil || n-c.written < c.db.ripe || !c.busy.CompareAndSwap(false, true) {
		return
	}
	c.written = n
	w.unpin()
	c.running.Add(1)
	go c.background()
}

func (c *checkpointer) background() {
	defer c.running.Done()
	defer c.busy.Store(false)
	if c.conn == nil {
		conn, err := dial(bg, c.db.path, c.db.settings, false)
		if err != nil {
			c.note(err)
			return
		}
		c.conn = conn
	}
	c.db.probe.At(journal.CheckpointBefore)
	c.note(checkpoint(c.conn))
	c.db.probe.At(journal.CheckpointAfter)
	c.last.Store(true)
	if m := c.db.member.Load(); m != nil {
		_ = m.SyncMark() // so that a power cut does not hide a loss before here
	}
}

// note keeps the outcome. A full disk hinders a checkpoint and harms nothing; an
// error of the disk ends the handle's work.
func (c *checkpointer) note(err error) {
	if err == nil {
		c.failed.Store(nil)
		return
	}
	err = c.db.judge(err)
	c.failed.Store(&err)
}

// close waits for the one under way.
func (c *checkpointer) close() error {
	c.running.Wait()
	if c.conn == nil {
		return nil
	}
	return c.conn.close()
}

// checkpoint does as much as it can without waiting for anybody.
func checkpoint(c *conn) error {
	return c.query(bg, "PRAGMA wal_checkpoint(PASSIVE)", func(row) error { return nil })
}
