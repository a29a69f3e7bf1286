package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/peer"
)

var bg = context.Background()

var (
	_ journal.Store   = (*DB)(nil)
	_ journal.Shared  = (*DB)(nil)
	_ journal.Census  = (*DB)(nil)
	_ journal.Inquest = (*DB)(nil)
)

// A DB is one handle on a journal file. All methods are safe for use by several
// goroutines. Two handles of one process are two processes to each other.
type DB struct {
	path string
	settings
	file string    // the file's own id
	dir  *peer.Dir // where the processes meet; nil in exclusive mode

	// The writer, and what it alone uses, is for whoever took the token from
	// turn. Closing the handle takes it for good.
	turn      chan struct{}
	writer    *writer
	ckpt      checkpointer
	identity  identity
	inside    bool   // the turnstile
	announced func() // ends what let others know that we write; nil in exclusive mode

	reads *pool

	joining sync.Mutex   // held by Join and Leave
	self    atomic.Int64 // this process's row in processes; 0 while it has not joined
	member  atomic.Pointer[peer.Member]

	changed  chan struct{}
	asked    atomic.Bool   // somebody wants to know
	watching atomic.Bool   // the goroutine of watch has begun
	polled   uint32        // the version at the last tick; guarded by turn
	done     chan struct{} // closed by Close
	running  sync.WaitGroup

	losses sync.Mutex
	lost   []Loss

	broken atomic.Pointer[error] // why nothing is acknowledged any more
	closed sync.Once
}

// process-wide settings of the driver; they must precede the first open.
var prepareDriver = sync.OnceFunc(func() {
	_, _ = sqlite3.OFDLocking(true) // elsewhere than on Linux there is no such thing
	sqlite3.StrictPragmas(true)
})

// Open opens the journal at path and creates it if there is none. The error
// matches journal.ErrForeign, ErrNewer, ErrDamaged, ErrReadOnly, ErrHeld or
// fs.ErrNotExist (the folder is missing) where it is one of these, and names
// the file.
func Open(path string, options ...Option) (*DB, error) {
	db, err := open(path, choose(options))
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, explain(err))
	}
	return db, nil
}

func open(path string, s settings) (_ *DB, err error) {
	prepareDriver()
	real, err := locate(path, s)
	if err != nil {
		return nil, err
	}
	if err := admit(real, s.scratch); err != nil {
		return nil, err
	}
	db := &DB{path: real, settings: s, turn: make(chan struct{}, 1), changed: make(chan struct{}, 1), done: make(chan struct{})}
	db.ckpt.db = db
	defer func() {
		if err != nil {
			err = errors.Join(err, db.dismantle())
		}
	}()
	if err := db.meet(); err != nil {
		return nil, err
	}
	if db.writer, err = openWriter(db); err != nil {
		return nil, err
	}
	db.ckpt.inherit()
	db.reads = newPool(real, s)
	if db.identity, err = db.identify(); err != nil {
		return nil, err
	}
	if db.dir != nil {
		if err := db.findLosses(db.writer.conn); err != nil {
			return nil, err
		}
	}
	db.turn <- struct{}{}
	db.probe.At(journal.Opened)
	return db, nil
}

// meet finds the others; in exclusive mode there must be none.
func (db *DB) meet() (err error) {
	if db.dir, err = peer.Open(db.path); err != nil || !db.exclusive {
		return err
	}
	err = db.nobodyElse()
	db.dir = nil
	return err
}

// nobodyElse returns ErrHeld if another process runs workflows of this file.
func (db *DB) nobodyElse() error {
	if db.dir == nil {
		return nil
	}
	members, err := db.dir.Members()
	for _, m := range members {
		if m.Live {
			return fmt.Errorf("%w: process %d runs workflows of it", journal.ErrHeld, m.PID)
		}
	}
	return err
}

// Path returns where the file really lies.
func (db *DB) Path() string { return db.path }

// Close waits for the commit under way, leaves if this process had joined, and
// closes the file. Closing twice is harmless.
func (db *DB) Close() (err error) {
	db.closed.Do(func() {
		err = db.Leave()
		close(db.done)
		db.running.Wait()
		<-db.turn // and keep it: nobody writes after this
		close(db.turn)
		err = errors.Join(err, db.dismantle())
	})
	if err != nil {
		return fmt.Errorf("close journal %s: %w", db.path, explain(err))
	}
	return nil
}

// dismantle closes what is open, of a handle that may be half made.
func (db *DB) dismantle() (all error) {
	if db.reads != nil {
		all = errors.Join(all, db.reads.close())
	}
	all = errors.Join(all, db.ckpt.close())
	if db.writer != nil {
		all = errors.Join(all, db.writer.close())
	}
	if db.dir != nil {
		all = errors.Join(all, db.dir.Close())
	}
	dismiss(db.path)
	return all
}
