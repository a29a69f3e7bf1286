package journal

import (
	"encoding/json"
	"time"
)

// A Status is the stored state of a run. The values are the words on disk.
type Status string

// Open and stuck runs are unfinished; the others are ends.
const (
	StatusOpen       Status = "open"
	StatusStuck      Status = "stuck" // replay found a divergence, or the code panicked; nothing is lost
	StatusCompleted  Status = "completed"
	StatusFailed     Status = "failed"
	StatusCanceled   Status = "canceled"
	StatusTerminated Status = "terminated"
)

// Closed reports whether s is an end: no event follows.
func (s Status) Closed() bool { return s != StatusOpen && s != StatusStuck }

// A Phase is what an open run is doing, kept by its appends so that any process
// can show it and find work without reading histories.
type Phase string

const (
	Queued   Phase = "queued"   // no event yet
	Running  Phase = "running"  // an activity is, or should be, under way
	Waiting  Phase = "waiting"  // for timers, signals or children only
	Retrying Phase = "retrying" // nothing but waits, one of them for the next attempt
)

// A Run is one row of the list of runs.
type Run struct {
	Key      int64           // the run's number in this file; never reused
	ULID     string          // the run's own name in the world, 26 characters
	ID       string          // the user's id; the ULID if none was given
	Workflow string          //
	Status   Status          //
	Phase    Phase           // only of an open run, else ""; a stuck run has its phase again when it is resumed
	Origin   Origin          // how it was started
	Parent   int64           // the run that started it as a child; 0 if none
	ParentOp int64           // and the operation there
	Created  time.Time       //
	Ended    time.Time       // zero while unfinished
	Problem  json.RawMessage // why it is stuck: see Problem; nil if it is not

	Owner   int64     // the process that owns it; 0 if none
	Live    bool      // that process holds its lock
	Self    bool      // that process is this one
	Fence   int64     // rises with every claim, resume and terminate
	LastSeq int64     // the number of its last event; 0 if none
	LastAt  time.Time // when that was; Created if none
	LastSum uint32    // its checksum; Root if none
	Crashes int       // how often an owner died under it, in all
	Streak  int       // how many of those since its last event or Resume, while it did anything but wait; see EasedCrashes
	Inbox   int       // messages not delivered
}

// EasedCrashes is how many crashes count as one in a Streak, if new progress was
// recorded after them: a long step that gets on is no culprit, and one that kills
// the process each time must be found out all the same.
const EasedCrashes = 4

// Origin is who started a run.
type Origin string

const (
	ByAPI     Origin = ""      // a program, or the command line with an id of the user's
	ByCommand Origin = "cli"   // the command line, without an id: a rerun may resume it
	ByParent  Origin = "child" // a workflow
)

// A Problem is why a run is stuck, in the JSON form that Run.Problem holds.
type Problem struct {
	Kind       string `json:"kind"`                  // divergence, panic, crash, damage, unbound
	Message    string `json:"message"`               // one sentence
	Event      int64  `json:"event,omitempty"`       // the event number at which it showed
	Op         int64  `json:"op,omitempty"`          //
	Recorded   string `json:"recorded,omitempty"`    // what the journal holds there
	RecordedAt string `json:"recorded_at,omitempty"` // file:line then
	Asked      string `json:"asked,omitempty"`       // what the code asked for
	AskedAt    string `json:"asked_at,omitempty"`    // file:line now
	Stack      string `json:"stack,omitempty"`       // of a panic
}

// A MessageKind says what waits in an inbox. The values are the words on disk.
type MessageKind string

const (
	StartMessage  MessageKind = "start"  // Data: the input of a run that was created by a process that does not run it
	SignalMessage MessageKind = "signal" // Name, Data
	CancelMessage MessageKind = "cancel" // Data: the reason, a JSON string or nil
	ResultMessage MessageKind = "result" // Op, Name, Kind in Event: a result that reached the disk before its turn
)

// A Message waits in a run's inbox until the turn that delivers it is committed.
type Message struct {
	ID       int64 // rises in commit order over the whole file; never reused
	Kind     MessageKind
	Event    Kind  // of a ResultMessage: the kind of the event it becomes
	Op       int64 // of a ResultMessage
	Name     string
	Data     json.RawMessage
	By       string    // who sent it; a claim, unless
	Verified bool      // the sender's program made sure of By
	Key      string    // deduplicates within the run; "" if none
	At       time.Time // when it was committed
	Sum      uint32    // checksum of the fields above but ID, see Message.Checksum
}

// A Crash is one death of an owner under a run, written when the run was taken
// over. An owner that left did not die.
type Crash struct {
	Seq   int64     // the run's last event then
	Phase Phase     // what the run was doing
	Died  time.Time // the owner's last sign of life, no more than 1 s before its death while it lived normally; zero if unknown
	Back  time.Time // when the run was claimed again
}
