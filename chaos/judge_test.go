package chaos

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

func called(op int64, attempt int) Entry {
	return Entry{What: Called, Moment: journal.Moment{Point: journal.ActivityCalled, Run: "r", Op: op, Name: "a", Attempt: attempt}}
}

func recorded(op, seq int64, kind journal.Kind) Entry {
	return Entry{What: Recorded, Moment: journal.Moment{Point: journal.TurnAfter, Run: "r", Op: op, Name: "a", Seq: seq, Kind: kind}}
}

func TestRepeated(t *testing.T) {
	for _, c := range []struct {
		name         string
		ledger       []Entry
		again, twice []string
	}{
		{"once", []Entry{called(1, 1), recorded(1, 2, journal.ActivityCompleted), called(2, 1)}, nil, nil},
		{"again, unrecorded", []Entry{called(1, 1), called(1, 1), called(1, 1), recorded(1, 2, journal.ActivityCompleted)}, []string{"a"}, nil},
		{"another attempt", []Entry{called(1, 1), recorded(1, 2, journal.AttemptFailed), called(1, 2)}, nil, nil},
		{"the second attempt again", []Entry{called(1, 1), recorded(1, 2, journal.AttemptFailed), called(1, 2), called(1, 2)}, []string{"a"}, nil},
		{"recorded, and again", []Entry{called(1, 1), recorded(1, 2, journal.ActivityCompleted), called(1, 1)},
			[]string{"a"}, []string{"P2: activity a ran again after its outcome was recorded in event 2"}},
		{"given up, and again", []Entry{called(1, 1), recorded(1, 2, journal.ActivityFailed), called(1, 2)},
			nil, []string{"P2: activity a ran again after its outcome was recorded in event 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			again, twice := repeated(c.ledger)
			require.Equal(t, c.again, again)
			require.Equal(t, c.twice, twice)
		})
	}
}

func TestLost(t *testing.T) {
	all := []chronicle{{Run: journal.Run{ULID: "r"}, events: []journal.Event{
		{Seq: 1, Kind: journal.Started}, {Seq: 2, Kind: journal.ActivityCompleted, Op: 1},
	}}}
	require.Empty(t, lost([]Entry{called(1, 1), recorded(1, 2, journal.ActivityCompleted)}, all))
	require.Len(t, lost([]Entry{recorded(1, 2, journal.ActivityCompleted), recorded(1, 2, journal.ActivityCompleted)}, all), 1, "twice")
	for name, e := range map[string]Entry{
		"no such event":   recorded(1, 3, journal.ActivityCompleted),
		"of another kind": recorded(1, 2, journal.ActivityFailed),
		"of another step": recorded(2, 2, journal.ActivityCompleted),
		"of a lost run":   {What: Recorded, Moment: journal.Moment{Run: "other", Op: 1, Seq: 2, Kind: journal.ActivityCompleted}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Len(t, lost([]Entry{e}, all), 1)
		})
	}
}

func TestUndelivered(t *testing.T) {
	l := &Line{Number: 4, Signal: "ok"}
	delivered := journal.Signal{Name: "ok", Note: journal.Note{Key: l.key()}}
	unread := journal.Message{Kind: journal.SignalMessage, Name: "ok", Key: l.key()}
	for _, c := range []struct {
		name    string
		signals []journal.Signal
		inbox   []journal.Message
		good    bool
	}{
		{"delivered", []journal.Signal{delivered}, nil, true},
		{"unread", nil, []journal.Message{unread}, true},
		{"lost", nil, nil, false},
		{"delivered twice", []journal.Signal{delivered, delivered}, nil, false},
		{"delivered and kept", []journal.Signal{delivered}, []journal.Message{unread}, false},
		{"another one", []journal.Signal{{Name: "ok", Note: journal.Note{Key: "k"}}}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &ordeal{sent: []posted{{l, time.Time{}}}}
			found := d.undelivered([]chronicle{{Run: journal.Run{ID: runID}, state: &journal.State{Signals: c.signals}, inbox: c.inbox}})
			require.Equal(t, c.good, len(found) == 0, "%v", found)
		})
	}
}

// TestCrossings finds every window in the trace of a run of one step, one
// transactional step and a child, and aims at it whatever the run is called.
func TestCrossings(t *testing.T) {
	ask := func(commands ...journal.Command) json.RawMessage {
		text, err := json.Marshal(commands)
		require.NoError(t, err)
		return text
	}
	events := []journal.Event{
		{Seq: 1, Kind: journal.Started, Commands: ask(
			journal.Command{Kind: journal.RunActivity, Op: 1, Name: "a", Where: "x.go:1"},
			journal.Command{Kind: journal.RunTx, Op: 2, Name: "b", Where: "x.go:2"})},
		{Seq: 2, Kind: journal.AttemptFailed, Op: 1, Name: "a", Data: json.RawMessage(`{}`), Note: json.RawMessage(`{"attempt":1,"due":"2026-01-01T00:00:00Z"}`)},
		{Seq: 3, Kind: journal.ActivityCompleted, Op: 1, Name: "a", Note: json.RawMessage(`{"attempt":2}`)},
		{Seq: 4, Kind: journal.ActivityCompleted, Op: 2, Name: "b"},
	}
	state, err := journal.Fold(events)
	require.NoError(t, err)
	all := []chronicle{{Run: journal.Run{ULID: "root"}, events: events, state: state},
		{Run: journal.Run{ULID: "child", Workflow: "sub", Parent: 1}, state: journal.NewState()}}
	at := func(run string, point journal.Point, seq int64, kind journal.Kind, op int64, name string, attempt int) Entry {
		return Entry{What: Passed, Moment: journal.Moment{Point: point, Run: run, Seq: seq, Kind: kind, Op: op, Name: name, Attempt: attempt}}
	}
	trace := []Entry{
		at("", journal.CommitBefore, 0, "", 0, "", 0),
		at("root", journal.TurnBefore, 1, journal.Started, 0, "", 0),
		at("child", journal.TurnBefore, 1, journal.Started, 0, "", 0),
		at("root", journal.ActivityCalled, 0, "", 1, "a", 1),
		at("root", journal.ActivityCalled, 0, "", 1, "a", 2),
		at("root", journal.HeartbeatQueued, 0, "", 1, "a", 2),
		at("root", journal.HeartbeatQueued, 0, "", 1, "a", 2),
		at("", journal.StepAfter, 0, "", 2, "b", 0),
		at("root", journal.TurnAfter, 4, journal.ActivityCompleted, 2, "b", 0),
	}
	var got []string
	found := crossings(all, trace)
	for _, c := range found {
		got = append(got, c.Label()+", "+string(c.Window)+" "+c.Where)
	}
	require.Equal(t, []string{
		"event 1 run.started, before its append ",
		"event 2 attempt.failed a, inside, when it is called x.go:1",
		"event 3 activity.completed a (attempt 2), inside, when it is called x.go:1",
		"event 3 activity.completed a (attempt 2), inside, at its first heartbeat x.go:1",
		"event 4 activity.completed b, in its transaction, after the function x.go:2",
		"event 4 activity.completed b, before its commit x.go:2",
		"event 4 activity.completed b, after its commit x.go:2",
		"event 4 activity.completed b, after its append, before its effects x.go:2",
		"child sub, event 1 run.started, before its append ",
	}, got)

	child := found[len(found)-1]
	require.Equal(t, 2, child.kill("a", trace, 0).Visit, "the root's comes first")
	require.Equal(t, 1, child.kill("a", trace, 2).Visit, "and does not come again after it")
	commit := found[5].kill("a", trace, 0)
	require.Equal(t, Kill{Token: "a", At: journal.Moment{Point: journal.CommitBefore}, Visit: 1,
		Since: journal.Moment{Point: journal.StepAfter, Op: 2, Name: "b"}}, commit)
}

// TestNoRoom: a scratch folder that is full is no broken promise.
func TestNoRoom(t *testing.T) {
	for _, c := range []struct {
		scenario, problem string
		full              bool
	}{
		{"sleep", "make a scratch journal: open journal x: the disk is full: (13)", true},
		{"sleep", "the activity was called 3 times", false},
		{"full", "run a: context deadline exceeded\nthe disk is full", false},
	} {
		p := &parade{opts: &Options{Dir: "/scratch"}, outcomes: []Outcome{{Scenario: c.scenario, Problems: []string{c.problem}}}}
		err := p.noRoom()
		require.Equal(t, c.full, errors.Is(err, journal.ErrFull), c.problem)
		if c.full {
			require.ErrorContains(t, err, "the scratch folder /scratch: sleep: the disk is full")
		}
	}
}
