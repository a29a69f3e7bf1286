package journaltest

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A story is a run whose history a test makes up, turn by turn. It keeps the
// run's row, timers and phase in step with the history, as an engine does.
type story struct {
	t       *tester
	store   journal.Store
	key     int64
	fence   int64
	root    uint32 // of its chain
	history []journal.Event
}

// begin creates a run that the handle owns, and its first turn.
func (t *tester) begin(s journal.Store, commands ...journal.Command) *story {
	t.Helper()
	return t.beginAs(s, &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn}, commands...)
}

func (t *tester) beginAs(s journal.Store, c *journal.Create, commands ...journal.Command) *story {
	t.Helper()
	c.Own = true
	st := &story{t: t, store: s, fence: 1, root: journal.Root(c.ULID)}
	first := st.next(journal.Event{Kind: journal.Started, Data: []byte(`{"n":1}`)}, commands...)
	first.New = c
	t.commit(s, c, first)
	st.key = c.Key
	st.history = append(st.history, first.Event)
	return st
}

// next makes the append of a turn. Seq, At if it is not set, and Sum are filled
// in; so is what the event means for the tables.
func (st *story) next(e journal.Event, commands ...journal.Command) *journal.Append {
	st.t.Helper()
	e.Seq = int64(len(st.history)) + 1
	if e.At.IsZero() {
		e.At = dawn.Add(time.Duration(e.Seq) * time.Second)
	}
	if len(commands) > 0 {
		e.Commands = journal.AppendCommands(nil, commands)
	}
	prev := st.root
	if n := len(st.history); n > 0 {
		prev = st.history[n-1].Sum
	}
	journal.Seal(prev, &e)
	a, err := After(st.history, e)
	st.t.noError(err)
	a.Run, a.Fence = st.key, st.fence
	return a
}

// turn commits the next turn.
func (st *story) turn(e journal.Event, commands ...journal.Command) {
	st.t.Helper()
	st.carry(st.next(e, commands...))
}

// carry commits an append of next.
func (st *story) carry(a *journal.Append) {
	st.t.Helper()
	st.t.commit(st.store, a)
	st.history = append(st.history, a.Event)
}

// After is the append of e, sealed, to a history: what changes in the tables follows
// from what the history means before and after.
func After(history []journal.Event, e journal.Event) (*journal.Append, error) {
	before, err := journal.Fold(history)
	if err != nil {
		return nil, err
	}
	then, err := journal.Fold(append(slices.Clip(history), e))
	if err != nil {
		return nil, err
	}
	note := e.Facts()
	a := &journal.Append{Event: e, Delivered: note.Message, Phase: then.Phase()}
	if then.Status.Closed() {
		a.End = then.Status
	}
	a.Set = without(then.Timers(), before.Timers())
	a.Unset = without(before.Timers(), then.Timers())
	if o := then.Op(e.Op); o != nil && !o.Pending() {
		a.Clear = []int64{e.Op}
	}
	for i := range then.Operations {
		if o := &then.Operations[i]; o.GivenUp == e.Seq && !o.Waits {
			a.Clear = append(a.Clear, o.Command.Op)
		}
	}
	return a, nil
}

func without(ts, these []journal.Timer) []journal.Timer {
	return slices.DeleteFunc(slices.Clone(ts), func(t journal.Timer) bool {
		return slices.ContainsFunc(these, func(u journal.Timer) bool { return journal.CompareTimers(t, u) == 0 })
	})
}

// Commands, as a workflow asks for them.

func activity(op int64, name string) journal.Command {
	return journal.Command{Kind: journal.RunActivity, Op: op, Name: name, Data: []byte(`"in"`), Where: "w.go:1"}
}

func timer(op int64, due time.Time) journal.Command {
	return journal.Command{Kind: journal.StartTimer, Op: op, For: time.Hour, Due: due}
}

func child(op int64, id string) journal.Command {
	return journal.Command{Kind: journal.StartChild, Op: op, Name: "w", ID: id, Data: []byte(`null`)}
}

func giveUp(op int64) journal.Command { return journal.Command{Kind: journal.CancelOp, Op: op} }

func complete(result string) journal.Command {
	return journal.Command{Kind: journal.Complete, Data: json.RawMessage(result)}
}

// Events, as they come in.

func completed(op int64, name, result string) journal.Event {
	return journal.Event{Kind: journal.ActivityCompleted, Op: op, Name: name, Data: json.RawMessage(result)}
}

func attemptFailed(op int64, name string, attempt int, due time.Time) journal.Event {
	return journal.Event{Kind: journal.AttemptFailed, Op: op, Name: name, Data: failure("no"),
		Note: journal.Note{Attempt: attempt, Due: due}.Encode()}
}

func fired(op int64, due time.Time) journal.Event {
	return journal.Event{Kind: journal.TimerFired, Op: op, At: due, Note: journal.Note{Due: due}.Encode()}
}

// received is the delivery of a signal that waits in the inbox, or, without an ID,
// that was in none.
func received(m journal.Message) journal.Event {
	return journal.Event{Kind: journal.SignalReceived, Name: m.Name, Data: m.Data,
		Note: journal.Note{By: m.By, Verified: m.Verified, Key: m.Key, Message: m.ID, Sent: m.At}.Encode()}
}

// started is the delivery of a start message.
func started(m journal.Message) journal.Event {
	return journal.Event{Kind: journal.Started, Data: m.Data, Note: journal.Note{Message: m.ID}.Encode()}
}

func failure(text string) json.RawMessage {
	b, _ := json.Marshal(journal.Failure{Message: text}) // strings cannot fail
	return b
}

// Writes that tests need often.

func signal(run int64, name, key string) *journal.Post {
	return &journal.Post{Run: run, Message: journal.Message{
		Kind: journal.SignalMessage, Name: name, Key: key, Data: []byte(`{"a":1}`), By: "ada", At: dawn.Add(time.Minute),
	}}
}

func claim(runs ...int64) *journal.Claim {
	return &journal.Claim{Runs: runs, Now: dawn.Add(time.Hour)}
}
