package journal

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Errors a write or a read may come back with; match them with errors.Is.
var (
	ErrNoRun    = errors.New("no such run")
	ErrExists   = errors.New("the id is taken")
	ErrClosed   = errors.New("the run is closed")
	ErrStuck    = errors.New("the run is stuck")
	ErrOpen     = errors.New("the run is not stuck")
	ErrFenced   = errors.New("the run belongs to another process")
	ErrUnread   = errors.New("the run has undelivered messages")
	ErrTooLarge = errors.New("the payload is too large")
	ErrNoTx     = errors.New("this store has no transactional steps")

	ErrFull     = errors.New("the disk is full")                    // nothing was written; the same batch may be tried again
	ErrHeld     = errors.New("the file is held by another process") // likewise
	ErrBroken   = errors.New("the store has failed")                // after an I/O error, or when its lock is lost: nothing is acknowledged any more, a restart recovers
	ErrDamaged  = errors.New("the file is damaged")
	ErrForeign  = errors.New("the file belongs to another program")
	ErrNewer    = errors.New("the file was written by a newer version")
	ErrReadOnly = errors.New("the file is read-only")
)

// A Store is one process's handle on a journal. All methods are safe for use by
// several goroutines. Returned slices belong to the caller.
type Store interface {
	// Commit carries out the writes, in order, in one durable transaction, and
	// returns when they are on disk (P1). A write that is refused (its Err says
	// why) changes nothing and does not disturb the others. If Commit itself
	// returns an error nothing at all was written: after ErrFull or ErrHeld the
	// same writes may be tried again, after anything else they may not
	// (ErrBroken from then on).
	// A process whose lock is lost while it lives is dead to the others. It
	// notices once a run turns out not to be its own, see Disowned: ErrBroken
	// from then on, and of that commit already if nothing of it was written.
	// It takes no context: a commit is never abandoned half way.
	Commit(writes ...Write) error

	// Run finds one run: by Key, or else by ULID, or else by ID, where an open
	// or stuck run is preferred over closed ones, and then the newest.
	// ErrNoRun if there is none.
	Run(ctx context.Context, ref Ref) (Run, error)

	// Runs lists runs, newest first.
	Runs(ctx context.Context, f Filter) ([]Run, error)

	// History returns the run's events with Seq > after, in order, at most
	// limit of them (0: all), as they are on disk: the caller verifies them.
	// Of an unknown run there are none; likewise for Inbox and Details.
	History(ctx context.Context, run, after int64, limit int) ([]Event, error)

	// Inbox returns the run's undelivered messages with ID > after, in order.
	Inbox(ctx context.Context, run, after int64) ([]Message, error)

	// Details returns what else is recorded about a run: the latest heartbeat
	// of each unfinished operation, the pending timers, its crashes.
	Details(ctx context.Context, run int64) (Details, error)

	// Work returns the keys of runs that this process may claim or already
	// owns and that have something to do now, oldest first: open, with a
	// workflow in workflows, owned by nobody alive but perhaps this process,
	// and either Queued or Running, or with a message in the inbox, or with a
	// timer due at or before now. Next is the earliest timer after now among
	// the runs it may claim or owns of these workflows, zero if there is none.
	// Limit 0: no limit.
	Work(ctx context.Context, workflows []string, now time.Time, limit int) (due []int64, next time.Time, err error)

	// Changed returns a channel that receives (never blocking the sender) after
	// another process, or another handle, committed something. It may receive
	// without cause, and is never closed.
	Changed() <-chan struct{}

	// Close releases the handle; a joined process leaves first.
	Close() error
}

// A Ref names a run by exactly one of its fields.
type Ref struct {
	Key  int64
	ULID string
	ID   string
}

// A Filter narrows a list. The zero Filter lists everything.
type Filter struct {
	Status   []Status // any of these; nil: all
	Workflow string
	Origin   Origin    // only checked if ByCommand or ByParent
	Parent   int64     // children of that run
	Since    time.Time // created at or after
	Suffix   string    // ULID or ID begins or ends with this, in this case; with fewer than 4 characters nothing does
	Limit    int       // 0: no limit
}

// Details is what a store knows about a run beside its history.
type Details struct {
	Progress map[int64]json.RawMessage // by operation: the last recorded heartbeat
	Timers   []Timer                   // pending, in the order of CompareTimers
	Crashes  []Crash                   // oldest first
}

// A Timer is a deadline that a run waits for.
type Timer struct {
	Op      int64
	Attempt int       // 0: a timer of the workflow; else the attempt that is to start at Due
	Due     time.Time //
}
