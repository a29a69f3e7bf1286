package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// Keys of the runs of a sample.
const (
	parent = 1 + iota
	childOpen
	childClosed
	queued
	stuck
	closed
	message // it has one
)

// sample is a journal with a run of every sort.
func sample(t *testing.T) (*journal.Memory, *journal.MemoryStore) {
	m := journal.NewMemory()
	s := m.Open()
	require.NoError(t, s.Join(t.Context(), nil))
	commit := func(ws ...journal.Write) {
		t.Helper()
		require.NoError(t, s.Commit(ws...))
		for _, w := range ws {
			require.NoError(t, w.Refused())
		}
	}
	ulid := 'A'
	create := func(own bool) *journal.Create {
		c := &journal.Create{ULID: string(ulid), Workflow: "w", At: noon, Own: own}
		ulid++
		return c
	}
	kid := func(op int64) *journal.Create {
		c := create(true)
		c.Parent, c.ParentOp, c.ID, c.Input = parent, op, string(rune('j'+op)), json.RawMessage(`1`)
		return c
	}
	asked := func(op int64) journal.Command {
		return journal.Command{Kind: journal.StartChild, Op: op, Name: "w", ID: string(rune('j' + op))}
	}
	tell := func(run int64, es []journal.Event, then ...journal.Write) {
		t.Helper()
		row, err := s.Run(t.Context(), journal.Ref{Key: run})
		require.NoError(t, err)
		sum := row.LastSum
		for i := range es {
			journal.Seal(sum, &es[i])
			sum = es[i].Sum
			a, err := journaltest.After(es[:i], es[i])
			require.NoError(t, err)
			a.Run, a.Fence = run, 1
			if i == len(es)-1 {
				a.Then = then
			}
			commit(a)
		}
	}
	begin := func(c *journal.Create, es []journal.Event, then ...journal.Write) {
		t.Helper()
		commit(c)
		tell(c.Key, es, then...)
	}
	signal := func(run int64) *journal.Post {
		return &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", At: noon}}
	}
	begin(create(true), history(
		start(act(1), act(2), sleep(3, hour), asked(4), asked(5)),
		turn{Event: event(journal.AttemptFailed, 1, "act"), note: journal.Note{Attempt: 1, Due: hour.Add(1)}},
	), kid(4), kid(5))
	started := func(id int64, cs ...journal.Command) turn {
		tn := start(cs...)
		tn.note.Message = id
		return tn
	}
	tell(childOpen, history(started(1, act(1))))
	tell(childClosed, history(started(2, journal.Command{Kind: journal.Complete})), &journal.Post{Run: parent, Message: journal.Message{
		Kind: journal.ResultMessage, Event: journal.ChildCompleted, Op: 5, Name: "w", At: noon,
	}})
	c := create(false)
	c.Input = json.RawMessage(`1`)
	commit(c)
	begin(create(true), history(start(act(1))))
	begin(create(true), history(start(), turn{Event: event(journal.CancelRequested, 0, ""), commands: []journal.Command{{Kind: journal.Fail}}}))
	begin(create(true), history(start()))
	commit(signal(message), signal(message), &journal.Stick{Run: stuck, Fence: 1, Problem: journal.Problem{Kind: "panic"}},
		&journal.Progress{Run: parent, Fence: 1, Op: 2, Data: json.RawMessage(`1`), At: noon})
	return m, s
}

func violations(t *testing.T, s journal.Store) []*journal.Violation {
	var all []*journal.Violation
	for v, err := range journal.Check(t.Context(), s) {
		require.NoError(t, err)
		all = append(all, v)
	}
	return all
}

// waits is a message with a checksum that fits.
func waits(id, run int64) journal.Message {
	m := journal.Message{ID: id, Kind: journal.SignalMessage, Name: "s", At: noon}
	m.Sum = m.Checksum(run)
	return m
}

func started(id, run int64) journal.Message {
	m := journal.Message{ID: id, Kind: journal.StartMessage, At: noon}
	m.Sum = m.Checksum(run)
	return m
}

func TestCheckSound(t *testing.T) {
	_, s := sample(t)
	require.Empty(t, violations(t, s))
	require.Empty(t, violations(t, journal.NewMemory().Open()))
}

func TestCheck(t *testing.T) {
	type parts = journal.Parts
	for _, c := range []struct {
		name    string
		run     int64
		damage  func(parts)
		promise string
		rule    string
	}{
		{"a changed byte", parent, func(p parts) { (*p.Events)[0].Data = json.RawMessage(`"on"`) }, "P8", "does not fit its checksum"},
		{"the history of another run", parent, func(p parts) { p.Row.ULID = "Z" }, "P8", "or the run"},
		{"a missing event", parent, func(p parts) { *p.Events = (*p.Events)[1:] }, "P8", "it follows event 0"},
		{"a missing end", closed, func(p parts) { *p.Events = (*p.Events)[:1] }, "P8", "the history ends with event 1, not 2"},
		{"a broken rule", closed, func(p parts) {
			e := &(*p.Events)[1]
			e.Commands = journal.AppendCommands(nil, []journal.Command{act(7)})
			journal.Seal((*p.Events)[0].Sum, e)
			p.Row.LastSum = e.Sum
		}, "P6", "is operation 7, not 1"},
		{"the row's checksum", parent, func(p parts) { p.Row.LastSum ^= 1 }, "P1", "the last checksum"},
		{"the row's time", parent, func(p parts) { p.Row.LastAt = hour }, "P1", "the last event was at"},
		{"a queued row's time", queued, func(p parts) { p.Row.LastAt = hour }, "P1", "the last event was at"},
		{"an end without an event", parent, func(p parts) {
			p.Row.Status, p.Row.Owner, *p.Inbox = journal.StatusFailed, 0, nil
		}, "P1", "the row says failed, and the history has no end"},
		{"an end time without an end", parent, func(p parts) { p.Row.Ended = hour }, "P1", "and the history has no end"},
		{"another end", closed, func(p parts) { p.Row.Status = journal.StatusCanceled }, "P1", "the row says canceled, the history failed"},
		{"an open row of a closed run", closed, func(p parts) { p.Row.Status = journal.StatusOpen }, "P1", "the row says open, the history failed"},
		{"the end's time", closed, func(p parts) { p.Row.Ended = hour }, "P1", "the row says it ended at"},
		{"the phase", parent, func(p parts) { p.Row.Phase = journal.Waiting }, "P1", "the row says waiting, by the history it is running"},
		{"a problem of an open run", parent, func(p parts) { p.Row.Problem = json.RawMessage(`{}`) }, "P1", "the row says open, and the problem"},
		{"no problem of a stuck run", stuck, func(p parts) { p.Row.Problem = nil }, "P1", "the row says stuck, and the problem"},
		{"a problem that is none", stuck, func(p parts) { p.Row.Problem = json.RawMessage(`{`) }, "P8", "its problem is not JSON"},
		{"a lost start message", queued, func(p parts) { *p.Inbox = nil }, "P1", "nothing to start it with"},
		{"an inbox of a closed run", closed, func(p parts) { *p.Inbox = []journal.Message{started(9, closed)} }, "P3", "message 9, a start, was not delivered"},
		{"an old message", childOpen, func(p parts) { *p.Inbox = []journal.Message{waits(1, childOpen)} }, "P3", "message 1 waits after message 1"},
		{"messages out of order", message, func(p parts) { (*p.Inbox)[0], (*p.Inbox)[1] = (*p.Inbox)[1], (*p.Inbox)[0] }, "P3", "waits after message"},
		{"a changed message", message, func(p parts) { (*p.Inbox)[1].Name = "t" }, "P8", "does not fit its checksum"},
		{"a lost timer", parent, func(p parts) { *p.Timers = (*p.Timers)[1:] }, "P4",
			"the timers are 1 attempt 2 at 2026-01-02T13:00:00.000000008Z, by the history 3 at 2026-01-02T13:00:00.000000007Z, 1 attempt 2 at 2026-01-02T13:00:00.000000008Z"},
		{"a timer too many", childOpen, func(p parts) { *p.Timers = []journal.Timer{{Op: 1, Due: hour}} }, "P4", "by the history none"},
		{"a timer of a closed run", closed, func(p parts) { *p.Timers = []journal.Timer{{Op: 1, Due: hour}} }, "P4", "by the history none"},
		{"another deadline", parent, func(p parts) { (*p.Timers)[0].Due = noon }, "P4", "the timers are"},
		{"a heartbeat of a closed run", closed, func(p parts) { p.Progress[1] = json.RawMessage(`1`) }, "P4", "a heartbeat is kept of operation 1"},
		{"a heartbeat of nothing", parent, func(p parts) { p.Progress[9] = json.RawMessage(`1`) }, "P4", "a heartbeat is kept of operation 9"},
		{"a lost crash", parent, func(p parts) { p.Row.Crashes = 1 }, "P1", "the row counts 1 crashes, and there are 0"},
		{"an owner of a closed run", closed, func(p parts) { p.Row.Owner = 1 }, "P5", "it is failed, and process 1 owns it"},
		{"an owner of a stuck run", stuck, func(p parts) { p.Row.Owner = 1 }, "P5", "it is stuck, and process 1 owns it"},
		{"a parent that did not ask", queued, func(p parts) { p.Row.Parent, p.Row.ParentOp = parent, 3 }, "P1", "it says it is child 3 of run 1, which did not ask for it"},
		{"a parent that is not there", queued, func(p parts) { p.Row.Parent = 99 }, "P1", "child 0 of run 99"},
		{"another child", childOpen, func(p parts) { p.Row.Workflow = "v" }, "P1", `it is v "n"; operation 4 of run 1 asked for w "n"`},
		{"a child that is not there", childOpen, func(p parts) { p.Row.Parent, p.Row.ParentOp = 0, 0 }, "P1", `operation 4 asked for w "n", which was never created`},
		{"a parent that was not told", parent, func(p parts) { *p.Inbox = nil }, "P1", "it is completed, and its parent, run 1, was not told"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, s := sample(t)
			m.Damage(c.run, c.damage)
			found := violations(t, s)
			require.Len(t, found, 1)
			require.Equal(t, c.promise, found[0].Promise)
			require.Contains(t, found[0].Rule, c.rule)
			require.NotZero(t, found[0].Run)
			require.NotEmpty(t, found[0].ULID)
		})
	}
}

// Nothing is reported of children whose parent's history is damaged.
func TestCheckDamagedParent(t *testing.T) {
	m, s := sample(t)
	require.True(t, m.Corrupt(parent, 1, func(e *journal.Event) { e.Commands = nil }))
	found := violations(t, s)
	require.Len(t, found, 1)
	require.EqualError(t, found[0], "P8: run 1 (A): event 1: it does not fit its checksum, or the event before it, or the run")
	require.False(t, m.Corrupt(parent, 99, func(*journal.Event) {}))
	require.False(t, m.Corrupt(99, 1, func(*journal.Event) {}))
}

func TestCheckStops(t *testing.T) {
	m, s := sample(t)
	for key := range int64(message) {
		m.Damage(key+1, func(p journal.Parts) { p.Row.Crashes = 7 })
	}
	n := 0
	for range journal.Check(t.Context(), s) {
		if n++; n == 3 {
			break
		}
	}
	require.Equal(t, 3, n)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for v, err := range journal.Check(ctx, s) {
		require.Nil(t, v)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.NoError(t, s.Close())
	errs := 0
	for _, err := range journal.Check(t.Context(), s) {
		require.Error(t, err)
		errs++
	}
	require.Equal(t, 1, errs)
}

// busy is a store that is written to while it is read: each read of a run's
// inbox finds that another message has come since its row was read.
type busy struct {
	*journal.MemoryStore
	t     *testing.T
	times int
}

func (b *busy) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	if b.times--; b.times >= 0 && run == message {
		p := &journal.Post{Run: message, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", At: noon}}
		require.NoError(b.t, b.Commit(p))
	}
	return b.MemoryStore.Inbox(ctx, run, after)
}

func TestCheckWhileWritten(t *testing.T) {
	for _, times := range []int{1, 5, 1000} {
		_, s := sample(t)
		require.Empty(t, violations(t, &busy{MemoryStore: s, t: t, times: times}))
	}
}

// liar is a census that says nobody lives.
type liar struct{ *journal.MemoryStore }

func (liar) Processes(context.Context) ([]journal.Process, error) {
	return []journal.Process{{Number: 1}}, nil
}

// silentCensus cannot say.
type silentCensus struct{ *journal.MemoryStore }

var errCensus = errors.New("no census today")

func (silentCensus) Processes(context.Context) ([]journal.Process, error) { return nil, errCensus }

func TestCheckOwners(t *testing.T) {
	_, s := sample(t)
	found := violations(t, liar{s})
	require.Len(t, found, 3) // the parent, its open child, and the run with messages
	for _, v := range found {
		require.Equal(t, "P5", v.Promise)
		require.Contains(t, v.Rule, "is not among the living")
	}
	for _, err := range journal.Check(t.Context(), silentCensus{s}) {
		require.ErrorIs(t, err, errCensus)
	}
}

// registry finds something, or cannot.
type registry struct {
	*journal.MemoryStore
	err error
}

func (r registry) Ownership(context.Context) ([]*journal.Violation, error) {
	return []*journal.Violation{{Promise: "P5", Run: 7, Rule: "nobody knows whose it is"}}, r.err
}

func TestCheckRegistry(t *testing.T) {
	_, s := sample(t)
	found := violations(t, registry{s, nil})
	require.Len(t, found, 1)
	require.EqualError(t, found[0], "P5: run 7: nobody knows whose it is")
	for _, err := range journal.Check(t.Context(), registry{s, errCensus}) {
		require.ErrorIs(t, err, errCensus)
	}
	for range journal.Check(t.Context(), registry{s, nil}) {
		break
	}
}

func TestCheckManyEvents(t *testing.T) {
	s := journal.NewMemory().Open()
	require.NoError(t, s.Join(t.Context(), nil))
	c := &journal.Create{ULID: "A", Workflow: "w", At: noon, Own: true}
	require.NoError(t, s.Commit(c))
	for _, e := range sequential(2500) {
		a := &journal.Append{Run: c.Key, Fence: 1, Event: e, Phase: journal.Running}
		if e.Seq == 2501 {
			a.End = journal.StatusCompleted
		}
		require.NoError(t, s.Commit(a))
		require.NoError(t, a.Err)
	}
	require.Empty(t, violations(t, s))
}
