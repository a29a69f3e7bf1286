package cmd

import (
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// An exportJSON is a run with everything the journal holds about it, as
// docs/json.md describes it.
type exportJSON struct {
	Run     runJSON         `json:"run"`
	Damage  string          `json:"damage,omitempty"`
	Parent  string          `json:"parent,omitempty"`
	Input   json.RawMessage `json:"input,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Failure json.RawMessage `json:"failure,omitempty"`
	Reason  json.RawMessage `json:"reason,omitempty"`
	Steps   []stepJSON      `json:"steps"`
	Events  []eventJSON     `json:"events"`
	Inbox   []messageJSON   `json:"inbox"`
	Unread  []messageJSON   `json:"unread"`
	Crashes []crashJSON     `json:"crashes"`
}

// A stepJSON is one operation of the run and what became of it.
type stepJSON struct {
	Op       int64               `json:"op"`
	Kind     journal.CommandKind `json:"kind"`
	Name     string              `json:"name,omitempty"`
	State    string              `json:"state"`
	Asked    string              `json:"asked"`
	Began    string              `json:"began,omitempty"`
	Ended    string              `json:"ended,omitempty"`
	Attempts int                 `json:"attempts,omitempty"`
	Due      string              `json:"due,omitempty"`
	Where    string              `json:"where,omitempty"`
	Input    json.RawMessage     `json:"input,omitempty"`
	Result   json.RawMessage     `json:"result,omitempty"`
	Failure  json.RawMessage     `json:"failure,omitempty"`
	Progress json.RawMessage     `json:"progress,omitempty"`
}

type messageJSON struct {
	ID       int64               `json:"id"`
	Kind     journal.MessageKind `json:"kind"`
	Name     string              `json:"name,omitempty"`
	By       string              `json:"by,omitempty"`
	Verified bool                `json:"verified,omitempty"`
	Key      string              `json:"key,omitempty"`
	At       string              `json:"at"`
	Data     json.RawMessage     `json:"data,omitempty"`
}

type crashJSON struct {
	Event int64         `json:"event"`
	Phase journal.Phase `json:"phase"`
	Died  string        `json:"died,omitempty"`
	Back  string        `json:"back"`
}

func (rec *record) export() exportJSON {
	x := exportJSON{Run: describe(rec.run, rec.status), Parent: rec.parent, Input: rec.state.Input,
		Steps: []stepJSON{}, Events: []eventJSON{}, Inbox: []messageJSON{}, Unread: []messageJSON{}, Crashes: []crashJSON{}}
	if rec.damage != nil {
		x.Damage = rec.damage.Error()
	}
	switch rec.run.Status {
	case journal.StatusCompleted:
		x.Result = rec.state.Data
	case journal.StatusFailed, journal.StatusCanceled:
		x.Failure = rec.state.Data
	case journal.StatusTerminated:
		x.Reason = rec.state.Data
	}
	now := time.Now()
	for i := range rec.state.Operations {
		x.Steps = append(x.Steps, rec.step(&rec.state.Operations[i], now))
	}
	for _, e := range rec.events {
		x.Events = append(x.Events, exportEvent(e))
	}
	for _, m := range rec.inbox {
		x.Inbox = append(x.Inbox, exportMessage(m))
	}
	for _, m := range rec.unread() {
		x.Unread = append(x.Unread, exportMessage(m))
	}
	for _, c := range rec.details.Crashes {
		x.Crashes = append(x.Crashes, crashJSON{c.Seq, c.Phase, stamp(c.Died), stamp(c.Back)})
	}
	return x
}

func exportMessage(m journal.Message) messageJSON {
	return messageJSON{m.ID, m.Kind, m.Name, m.By, m.Verified, m.Key, stamp(m.At), m.Data}
}

// unread are the signals that the run ended without: those that the workflow
// was given and had not taken, then those that it was not given.
func (rec *record) unread() (messages []journal.Message) {
	if !rec.run.Status.Closed() {
		return nil
	}
	for _, g := range rec.state.Signals {
		if g.Unread {
			n := g.Note
			messages = append(messages, journal.Message{ID: n.Message, Kind: journal.SignalMessage, Name: g.Name, Data: g.Data,
				By: n.By, Verified: n.Verified, Key: n.Key, At: n.Sent})
		}
	}
	return append(messages, rec.inbox...)
}

func (rec *record) step(op *journal.Operation, now time.Time) stepJSON {
	j := stepJSON{
		Op: op.Command.Op, Kind: op.Command.Kind, Name: op.Command.Name, State: stepState(rec, op, now),
		Asked: stamp(op.At), Began: stamp(op.Began), Ended: stamp(op.Ended), Attempts: op.Attempts, Due: stamp(op.Due),
		Where: op.Command.Where, Input: op.Command.Data, Progress: rec.details.Progress[op.Command.Op],
	}
	switch op.Kind {
	case journal.ActivityFailed, journal.ChildFailed:
		j.Failure = op.Data
	default:
		j.Result = op.Data
	}
	return j
}

// stepState is done, failed, given up, running, retrying, waiting, or dropped
// when the run ended before its answer.
func stepState(rec *record, op *journal.Operation, now time.Time) string {
	switch {
	case op.Kind == journal.ActivityFailed || op.Kind == journal.ChildFailed:
		return "failed"
	case op.Answer != 0:
		return "done"
	case op.GivenUp != 0:
		return "canceled"
	case rec.state.Status.Closed():
		return "dropped"
	case !op.Work():
		return "waiting"
	case len(op.Failed) > 0 && op.Due.After(now):
		return "retrying"
	}
	return "running"
}
