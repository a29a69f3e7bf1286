package sqlite

import (
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A Sabotage makes the store break one of its promises, so that whoever tests it
// can show that the test would notice. It is obeyed on a scratch file only.
type Sabotage string

// The ways to break a promise.
const (
	SyncOff      Sabotage = "sync-off"      // P1: nothing waits for the disk
	AckEarly     Sabotage = "ack-early"     // P1: a commit is acknowledged before it is made
	NoFence      Sabotage = "no-fence"      // P5: a process writes to a run that it has lost
	NoCRC        Sabotage = "no-crc"        // P8: checksums fit whatever was read
	LostTimer    Sabotage = "lost-timer"    // P4: the deadlines of workflows are not kept
	DoubleSignal Sabotage = "double-signal" // P3: a delivered signal stays in the inbox
)

// Sabotages lists them.
func Sabotages() []Sabotage {
	return []Sabotage{SyncOff, AckEarly, NoFence, NoCRC, LostTimer, DoubleSignal}
}

func (x Sabotage) set(s *settings) { s.sabotage = x }

// Scratch creates a file that may be maltreated: probes are told of its moments
// and a Sabotage is obeyed on it, now and whenever it is opened again. It fails
// with fs.ErrExist if there is a file already.
const Scratch Mode = "scratch"

// Probe is told of the store's moments, if the file is a scratch file.
type Probe journal.Probe

func (p Probe) set(s *settings) { s.probe = journal.Probe(p) }

// Full is asked before each transaction whether there is no room for it: then
// SQLite itself says SQLITE_FULL to whatever needs a new page. It is asked if the
// file is a scratch file.
type Full func() bool

func (f Full) set(s *settings) { s.full = f }

// IsScratch reports whether the file was created with Scratch.
func (db *DB) IsScratch() bool { return db.scratch }

const isScratch = `SELECT count(*) FROM sqlite_schema WHERE name = 'meta'`

// arm forgets the probe and the sabotage unless the file is a scratch file.
func (w *writer) arm() error {
	db := w.db
	if !db.scratch {
		if there, _, err := w.one(isScratch); err != nil {
			return err
		} else if there > 0 {
			_, db.scratch, err = w.one(`SELECT 1 FROM meta WHERE key = 'scratch'`)
			if err != nil {
				return err
			}
		}
	}
	if !db.scratch {
		db.probe, db.sabotage, db.full = nil, "", nil
	}
	if db.sabotage == SyncOff {
		return w.run("PRAGMA synchronous = OFF")
	}
	return nil
}

// fill bounds the size of the file for this transaction.
func (w *writer) fill() error {
	if w.db.full == nil {
		return nil
	}
	limit := mostPages
	if w.db.full() {
		limit = "1" // SQLite takes the present size
	}
	return w.run("PRAGMA max_page_count = " + limit)
}

const mostPages = "4294967294"

// early keeps a transaction open that is acknowledged already. It is committed
// with the next one, or after a moment.
func (w *writer) early() {
	w.owed = true
	time.AfterFunc(earlyBy, func() {
		_ = w.db.change(func(w *writer) error { return w.pay() }) // the handle may be closed
	})
}

const earlyBy = 50 * time.Millisecond

// pay commits what is owed.
func (w *writer) pay() error {
	if !w.owed {
		return nil
	}
	w.owed = false
	if err := w.end(); err != nil {
		return fmt.Errorf("commit what was acknowledged already: %w", err)
	}
	return nil
}

// reseal makes the checksums fit what was read.
func (db *DB) reseal(prev uint32, events []journal.Event) {
	if db.sabotage == NoCRC {
		for i := range events {
			journal.Seal(prev, &events[i])
			prev = events[i].Sum
		}
	}
}
