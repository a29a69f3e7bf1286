package sqlite

import (
	"context"
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
		db.probe, db.sabotage = nil, ""
	}
	if db.sabotage == SyncOff {
		return w.run("PRAGMA synchronous = OFF")
	}
	return nil
}

// pay commits what was acknowledged already, after a moment, and then lets others
// have the file.
func (db *DB) pay() {
	time.Sleep(earlyBy)
	if err := db.writer.settle(); err != nil {
		_ = db.breaks(err) // who waits for the next commit is told
	}
	db.release()
}

// settle commits what is owed.
func (w *writer) settle() error {
	if !w.owed {
		return nil
	}
	w.owed = false
	return w.end()
}

const earlyBy = 5 * time.Millisecond

// resealed is a history whose checksums fit whatever was read: all of them, since
// each begins with the one before.
func (db *DB) resealed(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	events, err := db.history(ctx, run, 0, 0)
	if err != nil {
		return nil, err
	}
	row, err := db.Run(ctx, journal.Ref{Key: run})
	prev := journal.Root(row.ULID)
	for i := range events {
		journal.Seal(prev, &events[i])
		prev = events[i].Sum
	}
	events = events[min(after, int64(len(events))):]
	if limit > 0 && limit < len(events) {
		events = events[:limit]
	}
	return events, err
}

// stays reports whether the message that e delivers is to stay in the inbox.
func (db *DB) stays(e *journal.Event) bool {
	return db.sabotage == DoubleSignal && e.Kind == journal.SignalReceived
}
