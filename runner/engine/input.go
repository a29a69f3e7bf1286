package engine

import (
	"encoding/json"

	"github.com/seed139febb4/durable/journal"
)

type inputKind int

const (
	inputEvent   inputKind = iota // becomes an event, and a turn
	inputMessage                  // likewise, and is in the inbox until then
	inputInbox                    // look into the inbox for messages not seen yet
	inputRetry                    // the backoff of event.Op is over
	inputQuery                    // a question to answer
	inputEvict                    // leave memory, if there is nothing to do
	inputCrashed                  // the process died too often under this run
	inputUnbound                  // event.Name, asked for by event.Op, is not bound here
)

// An input is one thing for a run's driver to do. Inputs are taken one at a
// time, in order.
type input struct {
	kind    inputKind
	event   journal.Event // Kind, Op, Name, Data, Note
	message int64         // of inputMessage
	cutoff  int64         // of inputEvent: see refusals
	times   int           // of inputCrashed
	query   *question

	straight *straight // of an inputEvent that is a message
}

// turnAway ends an input that the run will not take: its question fails with why, and
// a straight signal makes its detour.
func (e *Engine) turnAway(in *input, why error) {
	if in.query != nil {
		in.query.fail(why)
	}
	e.detour(in)
}

// fromMessage is the input that delivers m.
func fromMessage(m *journal.Message) input {
	e := journal.Event{Name: m.Name, Op: m.Op, Data: m.Data}
	note := journal.Note{By: m.By, Verified: m.Verified, Key: m.Key, Message: m.ID}
	switch m.Kind {
	case journal.StartMessage:
		e.Kind = journal.Started
	case journal.SignalMessage:
		e.Kind, note.Sent = journal.SignalReceived, m.At
	case journal.CancelMessage:
		e.Kind, note.Sent = journal.CancelRequested, m.At
	case journal.ResultMessage:
		e.Kind = m.Event
	}
	e.Note = note.Encode()
	return input{kind: inputMessage, event: e, message: m.ID}
}

// wanted reports whether the workflow still waits for what in brings. A result
// that comes after its operation was given up is not an event.
func (x *execution) wanted(e *journal.Event) bool {
	switch e.Kind {
	case journal.Started:
		return len(x.coroutines) == 0 && !x.ended
	case journal.SignalReceived:
		return true
	case journal.CancelRequested:
		return !x.canceled
	}
	return x.pending[e.Op] != nil
}

// asMessage is the form in which a result waits in the inbox of a run that
// cannot take it now, and whether in is such a result.
func (in *input) asMessage() (journal.Message, bool) {
	switch in.event.Kind {
	case journal.ActivityCompleted, journal.ActivityFailed:
		if in.kind == inputEvent {
			return resultMessage(in.event.Kind, in.event.Op, in.event.Name, in.event.Data), true
		}
	}
	return journal.Message{}, false
}

func resultMessage(kind journal.Kind, op int64, name string, data json.RawMessage) journal.Message {
	return journal.Message{Kind: journal.ResultMessage, Event: kind, Op: op, Name: name, Data: data}
}
