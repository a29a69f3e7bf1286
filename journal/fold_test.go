package journal_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// turn is one event with its commands; Seq and At are filled in by histories.
type turn struct {
	journal.Event
	note     journal.Note
	commands []journal.Command
}

// history numbers the turns and gives each a second.
func history(turns ...turn) []journal.Event {
	var es []journal.Event
	for i, t := range turns {
		e := t.Event
		if e.Seq == 0 {
			e.Seq = int64(i) + 1
		}
		if e.At.IsZero() {
			e.At = noon.Add(time.Duration(i) * time.Second)
		}
		if t.note != (journal.Note{}) {
			e.Note = t.note.Encode()
		}
		if t.commands != nil {
			e.Commands = journal.AppendCommands(nil, t.commands)
		}
		es = append(es, e)
	}
	return es
}

func event(k journal.Kind, op int64, name string) journal.Event {
	e := journal.Event{Kind: k, Op: op, Name: name}
	switch k {
	case journal.ActivityFailed, journal.ChildFailed, journal.AttemptFailed:
		e.Data = json.RawMessage(`{"error":"no"}`)
	case journal.ActivityCompleted, journal.ChildCompleted:
		e.Data = json.RawMessage(`{"ok":true}`)
	}
	return e
}

func start(commands ...journal.Command) turn {
	return turn{Event: journal.Event{Kind: journal.Started, Data: json.RawMessage(`"in"`)}, commands: commands}
}

func act(op int64) journal.Command {
	return journal.Command{Kind: journal.RunActivity, Op: op, Name: "act"}
}

func sleep(op int64, due time.Time) journal.Command {
	return journal.Command{Kind: journal.StartTimer, Op: op, Due: due}
}

var hour = noon.Add(time.Hour)

func TestFold(t *testing.T) {
	es := history(
		start(act(1), sleep(2, hour), journal.Command{Kind: journal.StartChild, Op: 3, Name: "kid", ID: "k"}, act(4), act(5)),
		turn{Event: event(journal.AttemptFailed, 1, "act"), note: journal.Note{Attempt: 1, Due: hour.Add(-1), Began: noon}},
		turn{Event: event(journal.ActivityCompleted, 4, "act")},
		turn{Event: journal.Event{Kind: journal.SignalReceived, Name: "go", Data: json.RawMessage(`1`)}, note: journal.Note{By: "ada", Message: 7}},
		turn{Event: journal.Event{Kind: journal.CancelRequested, Data: json.RawMessage(`"why"`)}, note: journal.Note{By: "bob", Message: 9},
			commands: []journal.Command{{Kind: journal.CancelOp, Op: 3}, {Kind: journal.CancelOp, Op: 5, Name: journal.WaitForAnswer}}},
		turn{Event: event(journal.ActivityFailed, 1, "act"), note: journal.Note{Attempt: 2, Began: noon.Add(3)}},
	)
	s, err := journal.Fold(es)
	require.NoError(t, err)
	require.Equal(t, journal.StatusOpen, s.Status)
	require.EqualValues(t, 6, s.Seq)
	require.EqualValues(t, 9, s.Message)
	require.Equal(t, noon, s.Started)
	require.JSONEq(t, `"in"`, string(s.Input))
	require.Equal(t, &journal.CancelRequest{Event: 5, At: noon.Add(4 * time.Second), By: "bob", Reason: json.RawMessage(`"why"`)}, s.Cancel)
	require.Len(t, s.Signals, 1)
	require.Equal(t, "go", s.Signals[0].Name)
	require.Equal(t, "ada", s.Signals[0].Note.By)

	one := s.Op(1)
	require.False(t, one.Pending())
	require.Equal(t, journal.ActivityFailed, one.Kind)
	require.Equal(t, 2, one.Attempts)
	require.Equal(t, noon.Add(3), one.Began)
	require.Equal(t, []journal.Attempt{{Event: 2, Began: noon, Ended: noon.Add(time.Second), Failure: json.RawMessage(`{"error":"no"}`)}}, one.Failed)
	require.Equal(t, 1, s.Op(4).Attempts)
	require.EqualValues(t, 3, s.Op(4).Answer)
	require.False(t, s.Op(3).Pending(), "it was given up")
	require.True(t, s.Op(5).Pending(), "it was given up, and is waited for")
	require.Nil(t, s.Op(0))
	require.Nil(t, s.Op(6))
	require.Equal(t, journal.Running, s.Phase())
	require.Equal(t, []journal.Timer{{Op: 2, Due: hour}}, s.Timers())

	require.NoError(t, s.Apply(&history(turn{Event: journal.Event{Seq: 7, At: hour, Kind: journal.ActivityCompleted, Op: 5, Name: "act"},
		commands: []journal.Command{{Kind: journal.Complete, Data: json.RawMessage(`"out"`), Unread: []int64{4}}}})[0]))
	require.Equal(t, journal.StatusCompleted, s.Status)
	require.JSONEq(t, `"out"`, string(s.Data))
	require.True(t, s.Signals[0].Unread)
	require.Empty(t, s.Phase())
	require.Empty(t, s.Timers())
}

func TestPhase(t *testing.T) {
	fail := func(op int64, attempt int) turn {
		return turn{Event: event(journal.AttemptFailed, op, "act"), note: journal.Note{Attempt: attempt, Due: hour}}
	}
	giveUp := func(op int64, name string) turn {
		return turn{Event: event(journal.CancelRequested, 0, ""), commands: []journal.Command{{Kind: journal.CancelOp, Op: op, Name: name}}}
	}
	for _, c := range []struct {
		name    string
		history []journal.Event
		phase   journal.Phase
		timers  int
	}{
		{"no events", nil, journal.Queued, 0},
		{"nothing asked for", history(start()), journal.Waiting, 0},
		{"an activity", history(start(act(1))), journal.Running, 0},
		{"a step", history(start(journal.Command{Kind: journal.RunStep, Op: 1})), journal.Running, 0},
		{"a transactional step", history(start(journal.Command{Kind: journal.RunTx, Op: 1})), journal.Running, 0},
		{"a timer", history(start(sleep(1, hour))), journal.Waiting, 1},
		{"a child", history(start(journal.Command{Kind: journal.StartChild, Op: 1})), journal.Waiting, 0},
		{"a backoff", history(start(act(1)), fail(1, 1)), journal.Retrying, 1},
		{"a second backoff", history(start(act(1)), fail(1, 1), fail(1, 2)), journal.Retrying, 1},
		{"a backoff beside an activity", history(start(act(1), act(2)), fail(1, 1)), journal.Running, 1},
		{"an answer", history(start(act(1)), turn{Event: event(journal.ActivityCompleted, 1, "act")}), journal.Waiting, 0},
		{"given up", history(start(act(1)), giveUp(1, "")), journal.Waiting, 0},
		{"given up, and waited for", history(start(act(1)), giveUp(1, journal.WaitForAnswer)), journal.Running, 0},
		{"a backoff given up", history(start(act(1)), fail(1, 1), giveUp(1, "")), journal.Waiting, 0},
		{"terminated", history(start(act(1), sleep(2, hour)), turn{Event: event(journal.Terminated, 0, "")}), "", 0},
		{"terminated before its start", history(turn{Event: event(journal.Terminated, 0, "")}), "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := journal.Fold(c.history)
			require.NoError(t, err)
			require.Equal(t, c.phase, s.Phase())
			require.Len(t, s.Timers(), c.timers)
		})
	}
}

func TestFoldRefuses(t *testing.T) {
	done := turn{Event: event(journal.ActivityCompleted, 1, "act")}
	cancel := turn{Event: event(journal.CancelRequested, 0, "")}
	with := func(tn turn, change func(*turn)) turn {
		change(&tn)
		return tn
	}
	asks := func(cs ...journal.Command) turn { tn := cancel; tn.commands = cs; return tn }
	fired := turn{Event: journal.Event{Kind: journal.TimerFired, Op: 1, At: hour}, note: journal.Note{Due: hour}}
	failed := turn{Event: event(journal.AttemptFailed, 1, "act"), note: journal.Note{Attempt: 1, Due: hour}}

	for _, c := range []struct {
		name    string
		turns   []turn
		at      int64 // the event that is named
		promise string
		rule    string
	}{
		{"a gap", []turn{start(), with(cancel, func(t *turn) { t.Seq = 3 })}, 3, "P8", "it follows event 1"},
		{"a first event that is not first", []turn{with(start(), func(t *turn) { t.Seq = 2 })}, 2, "P8", "it follows event 0"},
		{"no start", []turn{cancel}, 1, "P6", "is not for this place"},
		{"two starts", []turn{start(), start()}, 2, "P6", "is not for this place"},
		{"time goes back", []turn{start(), with(cancel, func(t *turn) { t.At = noon.Add(-1) })}, 2, "P6", "is before that of event 1"},
		{"an unknown kind", []turn{start(), {Event: event("run.renamed", 0, "")}}, 2, "P7", `"run.renamed" is no kind of event`},
		{"an unknown command", []turn{start(journal.Command{Kind: "dance", Op: 1})}, 1, "P7", `"dance" is no kind of command`},
		{"bad commands", []turn{with(start(), func(t *turn) { t.Commands = json.RawMessage(`{`) })}, 1, "P8", "its commands cannot be decoded"},
		{"a bad note", []turn{with(start(), func(t *turn) { t.Note = json.RawMessage(`[]`) })}, 1, "P8", "its note cannot be decoded"},
		{"after the end", []turn{start(journal.Command{Kind: journal.Complete}), cancel}, 2, "P5", "follows the end"},
		{"after a termination", []turn{start(), {Event: event(journal.Terminated, 0, "")}, cancel}, 3, "P5", "follows the end"},
		{"a command after the end", []turn{start(journal.Command{Kind: journal.Fail}, act(1))}, 1, "P6", `command "activity" follows`},
		{"two ends", []turn{start(journal.Command{Kind: journal.Fail}, journal.Command{Kind: journal.Complete})}, 1, "P6", `command "completed" follows`},
		{"a termination with commands", []turn{start(), with(asks(act(1)), func(t *turn) { t.Kind = journal.Terminated })}, 2, "P6", "with commands"},
		{"operations out of order", []turn{start(act(2))}, 1, "P6", "is operation 2, not 1"},
		{"an operation asked for twice", []turn{start(act(1)), asks(act(1))}, 2, "P6", "is operation 1, not 2"},
		{"an answer to nothing", []turn{start(), done}, 2, "P2", "nobody asked for that"},
		{"an answer to a negative operation", []turn{start(act(1)), with(done, func(t *turn) { t.Op = -1 })}, 2, "P2", "nobody asked for that"},
		{"an answer to itself", []turn{start(), with(done, func(t *turn) { t.commands = []journal.Command{act(1)} })}, 2, "P2", "nobody asked for that"},
		{"two answers", []turn{start(act(1)), done, done}, 3, "P2", "event 2 has"},
		{"an answer of another kind", []turn{start(sleep(1, noon)), done}, 2, "P2", "cannot answer operation 1, which is a timer"},
		{"a child's answer to an activity", []turn{start(act(1)), {Event: event(journal.ChildCompleted, 1, "act")}}, 2, "P2", "cannot answer"},
		{"an answer of another name", []turn{start(act(1)), with(done, func(t *turn) { t.Name = "b" })}, 2, "P2", `which is "act"`},
		{"an answer to what was given up", []turn{start(act(1)), asks(journal.Command{Kind: journal.CancelOp, Op: 1}), done}, 3, "P2", "event 2 gave up"},
		{"a failure that is none", []turn{start(act(1)), with(done, func(t *turn) { t.Kind, t.Data = journal.ActivityFailed, nil })}, 2, "P8", "its failure cannot be decoded"},
		{"giving up nothing", []turn{start(journal.Command{Kind: journal.CancelOp, Op: 1})}, 1, "P6", "which is not pending"},
		{"giving up twice", []turn{start(act(1)), asks(journal.Command{Kind: journal.CancelOp, Op: 1}, journal.Command{Kind: journal.CancelOp, Op: 1})}, 2, "P6", "which is not pending"},
		{"giving up what is done", []turn{start(act(1)), with(done, func(t *turn) { t.commands = []journal.Command{{Kind: journal.CancelOp, Op: 1}} })}, 2, "P6", "which is not pending"},
		{"a timer too early", []turn{start(sleep(1, hour)), with(fired, func(t *turn) { t.At = hour.Add(-1) })}, 2, "P4", "it was due at 2026-01-02T13:00:00.000000007Z"},
		{"a timer with another deadline", []turn{start(sleep(1, hour)), with(fired, func(t *turn) { t.note.Due = noon })}, 2, "P4", "fired for 2026-01-02T12:00:00.000000007Z"},
		{"a timer twice", []turn{start(sleep(1, hour)), fired, fired}, 3, "P2", "event 2 has"},
		{"a skipped attempt", []turn{start(act(1)), with(failed, func(t *turn) { t.note.Attempt = 2 })}, 2, "P2", "attempt 2 of operation 1 failed after attempt 0"},
		{"an attempt without a number", []turn{start(act(1)), with(failed, func(t *turn) { t.note.Attempt = 0 })}, 2, "P2", "attempt 0"},
		{"an attempt without a next", []turn{start(act(1)), with(failed, func(t *turn) { t.note.Due = time.Time{} })}, 2, "P4", "when the next is due is not said"},
		{"an attempt with commands", []turn{start(act(1)), with(failed, func(t *turn) { t.commands = []journal.Command{act(2)} })}, 2, "P6", "does not see it"},
		{"an attempt of a timer", []turn{start(sleep(1, hour)), failed}, 2, "P2", "cannot answer"},
		{"a failed attempt that is none", []turn{start(act(1)), with(failed, func(t *turn) { t.Data = json.RawMessage(`1`) })}, 2, "P8", "its failure cannot be decoded"},
		{"a message twice", []turn{start(), with(cancel, func(t *turn) { t.note.Message = 4 }), with(cancel, func(t *turn) { t.note.Message = 4 })}, 3, "P3", "message 4 after message 4"},
		{"messages out of order", []turn{start(), with(cancel, func(t *turn) { t.note.Message = 4 }), with(cancel, func(t *turn) { t.note.Message = 3 })}, 3, "P3", "message 3 after message 4"},
		{"an unread signal that is none", []turn{start(), asks(journal.Command{Kind: journal.Complete, Unread: []int64{2}})}, 2, "P3", "there is none"},
		{"a signal without a name", []turn{start(), {Event: event(journal.SignalReceived, 0, "")}}, 2, "P3", "without a name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := journal.Fold(history(c.turns...))
			var v *journal.Violation
			require.ErrorAs(t, err, &v)
			require.Equal(t, c.promise, v.Promise)
			require.Equal(t, c.at, v.Event)
			require.Contains(t, v.Rule, c.rule)
		})
	}
}

func TestViolation(t *testing.T) {
	v := &journal.Violation{Promise: "P2", Run: 3, ULID: "01K", Event: 7, Rule: "it is so"}
	require.EqualError(t, v, "P2: run 3 (01K): event 7: it is so")
	require.EqualError(t, &journal.Violation{Promise: "P4", Rule: "it is so"}, "P4: it is so")
}

// Made up histories are accepted, event by event as in one go, and no event can
// be left out, repeated, swapped or moved to another run without notice of Fold
// or the chain.
func TestFoldAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var es []journal.Event
		step := journal.NewState()
		for n := rapid.IntRange(1, 40).Draw(t, "events"); len(es) < n; {
			e, ok := journaltest.NextEvent(r, ulid, es, nil, noon.Add(time.Duration(len(es))*time.Minute))
			if !ok {
				if step.Status.Closed() {
					break
				}
				continue
			}
			require.NoError(t, step.Apply(&e))
			es = append(es, e)
		}
		require.True(t, sound(es))
		require.False(t, soundFor("01K00000000000000000000002", es))
		whole, err := journal.Fold(es)
		require.NoError(t, err)
		require.Equal(t, whole, step)
		require.True(t, sound(es))

		i := rapid.IntRange(0, len(es)-1).Draw(t, "place")
		if i < len(es)-1 { // the end can be missed only by those who know where it is
			without := append(append([]journal.Event{}, es[:i]...), es[i+1:]...)
			require.False(t, sound(without))
			swapped := append([]journal.Event{}, es...)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			require.False(t, sound(swapped))
		}
		twice := append(append([]journal.Event{}, es[:i+1]...), es[i:]...)
		require.False(t, sound(twice))
	})
}

// ulid is a run's.
const ulid = "01K00000000000000000000001"

// sound reports whether the chain and Fold accept a history.
func sound(es []journal.Event) bool {
	return soundFor(ulid, es)
}

func soundFor(run string, es []journal.Event) bool {
	sum := journal.Root(run)
	for i := range es {
		if !journal.Verify(sum, &es[i]) {
			return false
		}
		sum = es[i].Sum
	}
	_, err := journal.Fold(es)
	return err == nil
}
