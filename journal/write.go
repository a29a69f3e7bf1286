package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"time"
)

// A Write is one of the types below, given to Store.Commit by pointer. Its
// outcome fields are set when Commit has returned nil; Err says whether it was
// carried out.
type Write interface {
	// Refused returns why the write was not carried out; nil if it was.
	Refused() error
	refuse(error)
}

// Outcome is embedded by every Write.
type Outcome struct{ Err error }

func (o *Outcome) Refused() error   { return o.Err }
func (o *Outcome) refuse(err error) { o.Err = err }

// Refuse sets why a write was not carried out. Only stores call it.
func Refuse(w Write, err error) { w.refuse(err) }

// Disowned reports whether a write was refused as its run is not this process's
// any more, and whether any was carried out.
func Disowned(writes ...Write) (disowned, some bool) {
	for _, w := range writes {
		switch err := w.Refused(); {
		case err == nil:
			some = true
		case errors.Is(err, ErrFenced), errors.Is(err, ErrClosed), errors.Is(err, ErrStuck): // who took it may have ended it
			disowned = true
		}
	}
	return disowned, some
}

// Create makes a run. Refused with ErrExists if an open or stuck run has the
// same ID, or any run the same ULID; Existing is then that one.
type Create struct {
	Outcome
	ULID, ID, Workflow string // ID "" means the ULID
	Origin             Origin
	Parent, ParentOp   int64
	At                 time.Time
	Own                bool            // owned by this process, with Fence 1; its first Append may follow in the same Commit
	Input              json.RawMessage // if not nil: put into the inbox as a StartMessage
	Phase              Phase           // "" means Queued; else that of the first Append, which follows in the same Commit
	Key                int64           // out: the new run's key

	// Existing is the run in the way when Err is ErrExists.
	Existing Run

	// If ErrExists, and this is set, a ResultMessage (ChildFailed) is put into
	// the parent's inbox instead of refusing: Err is nil and Key 0. A parent
	// that is closed is not told.
	TellParent *Message
}

// Append adds one event to a run (a turn is one event) and keeps the run's
// row, timers and inbox in step with it, all or nothing. Refused with ErrFenced
// if this process does not own the run with that Fence or if Event.Seq is not
// the next number, with ErrUnread if End or Straight is set and the inbox holds
// messages up to Last, with ErrClosed or ErrStuck if the run is not open. If
// several apply the first of these is given: ErrNoRun, ErrClosed, ErrStuck,
// ErrFenced, ErrUnread. A Delivered that is not in the inbox is ErrFenced, too.
//
// With End the run is closed: it has no owner, no timers and no heartbeats from
// then on, whatever Unset and Clear say. Of the messages behind Last the signals
// stay in the inbox, unread for good; the rest is removed.
type Append struct {
	Outcome
	Run       int64
	New       *Create // if set, Run is New.Key, known only within this Commit; refused if New was
	Fence     int64
	Event     Event   // sealed: Sum is set
	Delivered int64   // the inbox message this event delivers; removed. 0: none
	Straight  bool    // this event is a message that was in no inbox
	Cutoff    int64   // of an event that delivers none: messages with higher ids came after what it tells. 0: none did
	Phase     Phase   // what the run does now; "" if unchanged
	End       Status  // "" while the run goes on
	Set       []Timer // deadlines that begin to be pending
	Unset     []Timer // deadlines that no longer are; exactly as they were set
	Clear     []int64 // operations whose heartbeat is forgotten
	Then      []Write // carried out, in order, only if this one is, else refused with its error: Create, Post

	placed int64 // what Place was last told
}

// Last is the message up to which all must have been delivered for the run to
// end, or to take a Straight one: those behind it came after this event.
func (a *Append) Last() int64 {
	if a.Delivered != 0 {
		return a.Delivered - 1
	}
	return cmp.Or(a.Cutoff, math.MaxInt64)
}

// Place names the run in those writes of Then that say it by a Parent of 0. Only
// stores call it, once they know the key of a new run; when a commit that failed
// is tried again, and the run has another key, it is the latter that counts.
func (a *Append) Place(run int64) {
	name := func(parent *int64, op int64) {
		if op != 0 && (*parent == 0 || *parent == a.placed) {
			*parent = run
		}
	}
	for _, w := range a.Then {
		switch w := w.(type) {
		case *Create:
			name(&w.Parent, w.ParentOp)
		case *Post:
			name(&w.Parent, w.ParentOp)
		}
	}
	a.placed = run
}

// Post puts a message into a run's inbox. Refused with ErrNoRun or ErrClosed. A
// message with a Key that this run has seen before is not stored again, also if
// the first one was delivered long ago or the run is closed: Duplicate is set,
// Message.ID is the first one's, and Err is nil.
type Post struct {
	Outcome
	Run       int64   // out, if ParentOp is set
	Parent    int64   // with ParentOp, instead of Run: the child that
	ParentOp  int64   // this operation of the run Parent started
	Fence     int64   // if not 0: refused with ErrFenced unless the run has this one
	Message   Message // Sum is set by the store
	Duplicate bool    // out
}

// Discard removes a message that answers an operation nobody waits for any
// more; one that is not there is no error. Refused like an Append.
type Discard struct {
	Outcome
	Run, Fence int64
	Message    int64
}

// Claim makes this process the owner of those runs that are open and not owned
// by another live process, raising each one's Fence. For each run whose owner
// had died a Crash is recorded, see Crash. Other runs are passed over. Refused
// with ErrFenced, as is a Create with Own, by a Shared store that has not joined.
type Claim struct {
	Outcome
	Runs    []int64
	Now     time.Time
	Claimed []Run // out: as they are after the claim; runs already owned by this process are among them, Fence unchanged
}

// Release gives runs back: they are owned by nobody. Runs that this process does
// not own are passed over.
type Release struct {
	Outcome
	Runs []int64
}

// Stick marks an open run as stuck and says why; nobody owns it from then on.
// Refused like an Append.
type Stick struct {
	Outcome
	Run, Fence int64
	New        *Create // if set, as in Append: a run whose first turn broke
	Problem    Problem
}

// Resume opens a stuck run again, raises its fence, leaves it unowned, and
// clears its Streak of crashes; on an open run it only does that. Refused with
// ErrNoRun, ErrClosed.
type Resume struct {
	Outcome
	Run int64
}

// Terminate ends a run at once, whoever owns it: it raises the fence and
// appends a Terminated event. Signals in its inbox stay there, unread, and its parent
// is told by a ResultMessage, unless it is closed: see Terminate.Event and Told.
// Its children that are not closed are asked to end, see CanceledByParent.
// Refused with ErrNoRun or ErrClosed.
type Terminate struct {
	Outcome
	Run    int64
	By     string
	Reason string
	At     time.Time

	Children []int64 // out: the runs that were asked to end, oldest first
}

// Progress records the latest heartbeat of an operation. Refused like an Append.
type Progress struct {
	Outcome
	Run, Fence, Op int64
	Data           json.RawMessage
	At             time.Time
}

// Transact runs a transactional step inside the commit: Do's rows and its
// result, a ResultMessage in the run's inbox, are on disk together or not at
// all. If Do fails, Err is its error and the run is untouched. Do is not
// retried here, but for a group that had to be redone: it may then be called
// again, its first effects undone. Refused with ErrFenced, and with ErrNoTx by
// a store that has no SQL.
type Transact struct {
	Outcome
	Run, Fence, Op int64
	Name           string
	Schema         []string // statements that must have been executed once in this file before Do
	Do             func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error)
	At             time.Time
}
