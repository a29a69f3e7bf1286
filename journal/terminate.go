package journal

import (
	"encoding/json"
	"time"
)

// Event returns the event that t appends to r, sealed. Stores append it.
func (t *Terminate) Event(r *Run) Event {
	e := Event{Seq: r.LastSeq + 1, At: later(t.At, r.LastAt), Kind: Terminated, Note: Note{By: t.By}.Encode()}
	if t.Reason != "" {
		e.Data, _ = json.Marshal(t.Reason) // a string cannot fail
	}
	Seal(r.LastSum, &e)
	return e
}

// CodeTerminated is the Failure.Code by which a parent is told that its child
// was terminated.
const CodeTerminated = "terminated"

// Told returns what the parent of r is told. Stores put it into the parent's
// inbox, if r has a parent and that is not closed.
func (t *Terminate) Told(r *Run) *Message {
	text := "the run was terminated"
	if t.Reason != "" {
		text += ": " + t.Reason
	}
	data, _ := json.Marshal(Failure{Message: text, Code: CodeTerminated})
	return &Message{
		Kind: ResultMessage, Event: ChildFailed, Op: r.ParentOp, Name: r.Workflow,
		Data: data, By: t.By, At: later(t.At, r.LastAt),
	}
}

// CanceledByParent is what asks a child to end with its parent.
func CanceledByParent(at time.Time) Message {
	return Message{Kind: CancelMessage, Data: json.RawMessage(`"canceled by its parent"`), At: at}
}

// later keeps a run's time from going back when the clock did.
func later(t, than time.Time) time.Time {
	if t.Before(than) {
		return than
	}
	return t
}
