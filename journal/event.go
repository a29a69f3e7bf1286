package journal

import (
	"encoding/json"
	"time"
)

// A Kind says what came in with an event. The values are the words on disk.
type Kind string

// What can come in. Every kind but AttemptFailed is a turn: the workflow sees
// it, once, in journal order.
const (
	Started           Kind = "run.started"        // Data: the workflow's input
	ActivityCompleted Kind = "activity.completed" // Op, Name; Data: the result
	ActivityFailed    Kind = "activity.failed"    // Op, Name; Data: a Failure; no attempt follows
	AttemptFailed     Kind = "attempt.failed"     // Op, Name, Note.Attempt, Note.Due; Data: a Failure; another attempt follows
	TimerFired        Kind = "timer.fired"        // Op, Note.Due
	SignalReceived    Kind = "signal.received"    // Name: the signal; Data: its payload; Note.By, Note.Sent
	CancelRequested   Kind = "cancel.requested"   // Data: the reason, a JSON string or nil; Note.By
	ChildCompleted    Kind = "child.completed"    // Op, Name: the child's workflow; Data: its result
	ChildFailed       Kind = "child.failed"       // Op, Name; Data: a Failure
	Terminated        Kind = "run.terminated"     // Data: the reason, a JSON string or nil; Note.By; always the last event
)

// An Event is one row of a run's history: what came in, and what the workflow
// asked for in answer.
type Event struct {
	Seq      int64           // 1, 2, 3 … within its run
	At       time.Time       // the time of the turn: workflow time, never going back within a run
	Kind     Kind            //
	Op       int64           // the operation this answers; 0 if none
	Name     string          // what Kind says
	Data     json.RawMessage // what Kind says; nil if nothing
	Note     json.RawMessage // a Note as JSON, see Note.Encode and Event.Facts; nil if there is nothing to say
	Commands json.RawMessage // a JSON array of Command; nil if the workflow asked for nothing
	Sum      uint32          // the chained checksum, see Seal
}

// A Note is what is known about an event's input beside its payload.
type Note struct {
	By       string    `json:"by,omitempty"`       // who sent the signal or asked for the cancel
	Sent     time.Time `json:"sent,omitzero"`      // when it was committed to the inbox
	Message  int64     `json:"message,omitempty"`  // the inbox id it had
	Attempt  int       `json:"attempt,omitempty"`  // which attempt ended, from 1; absent on activity.completed means 1
	Due      time.Time `json:"due,omitzero"`       // when the timer was due, or the next attempt is
	Began    time.Time `json:"began,omitzero"`     // when the attempt that ended was started
	Key      string    `json:"key,omitempty"`      // the sender's deduplication key
	Verified bool      `json:"verified,omitempty"` // By is more than a claim, see Message
}

// A CommandKind says what a workflow asked for. The values are the words on disk.
type CommandKind string

// What a workflow can ask for. The last three end the run, and are the last
// command of its last turn.
const (
	RunActivity CommandKind = "activity"  // Op, Name, Data: the input
	RunStep     CommandKind = "step"      // Op, Name: a one-off closure, an activity without a binding
	RunTx       CommandKind = "tx"        // Op, Name, Data: a transactional step
	StartTimer  CommandKind = "timer"     // Op, For, Due
	StartChild  CommandKind = "child"     // Op, Name: the workflow, ID, Data: the input
	CancelOp    CommandKind = "cancel"    // Op: give up the activity, timer or child with that number
	Complete    CommandKind = "completed" // Data: the result; Unread
	Fail        CommandKind = "failed"    // Data: a Failure; Unread
	Cancel      CommandKind = "canceled"  // Data: a Failure; Unread
)

// WaitForAnswer is the Name of a CancelOp whose operation stays pending until it
// is answered; without it the operation is given up and never answered.
const WaitForAnswer = "wait"

// Ends reports whether the command ends its run, and as what.
func (k CommandKind) Ends() (Status, bool) {
	switch k {
	case Complete:
		return StatusCompleted, true
	case Fail:
		return StatusFailed, true
	case Cancel:
		return StatusCanceled, true
	}
	return "", false
}

// A Command is one thing a workflow asked for. Operations (all kinds that are
// answered by an event) are numbered 1, 2, 3 … within their run, in the order
// asked for.
type Command struct {
	Kind   CommandKind     `json:"do"`
	Op     int64           `json:"op,omitempty"`
	Name   string          `json:"name,omitempty"`
	ID     string          `json:"id,omitempty"`     // a child's id
	Data   json.RawMessage `json:"data,omitempty"`   // input, result or Failure
	For    time.Duration   `json:"for,omitempty"`    // nanoseconds a timer was asked for
	Due    time.Time       `json:"due,omitzero"`     // the timer's absolute deadline; on disk only if it is not the event's time plus For
	Where  string          `json:"where,omitempty"`  // dir/file.go:line of the call
	Unread []int64         `json:"unread,omitempty"` // of an end: the events that delivered signals which the workflow had not taken
}

// A Failure is an error as the journal holds it.
type Failure struct {
	Message      string   `json:"error"`
	Code         string   `json:"code,omitempty"`         // canceled, timeout, panic, toolarge, crash: what the engine itself reports
	Failures     []string `json:"failures,omitempty"`     // the runner.Failure constants found in the error, outermost first
	NonRetryable bool     `json:"nonretryable,omitempty"` // no further attempt was wanted
	Stack        string   `json:"stack,omitempty"`        // of a panic
}

func (f *Failure) Error() string { return f.Message }
