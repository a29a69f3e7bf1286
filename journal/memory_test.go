package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// open returns a joined handle.
func open(t *testing.T, m *journal.Memory) *journal.MemoryStore {
	s := m.Open()
	require.NoError(t, s.Join(t.Context(), nil))
	return s
}

// owned creates a run that the handle owns, with one event.
func owned(t *testing.T, s *journal.MemoryStore) int64 {
	c := &journal.Create{ULID: ulidOf(t, s), Workflow: "w", At: noon, Own: true}
	e := history(start(act(1)))[0]
	journal.Seal(journal.Root(c.ULID), &e)
	a := &journal.Append{New: c, Fence: 1, Event: e, Phase: journal.Running}
	require.NoError(t, s.Commit(c, a))
	require.NoError(t, a.Err)
	return c.Key
}

func ulidOf(t *testing.T, s *journal.MemoryStore) string {
	runs, err := s.Runs(t.Context(), journal.Filter{})
	require.NoError(t, err)
	return string(rune('A' + len(runs)))
}

func answer(s *journal.MemoryStore, t *testing.T, run int64) *journal.Append {
	es, err := s.History(t.Context(), run, 0, 0)
	require.NoError(t, err)
	e := journal.Event{Seq: int64(len(es)) + 1, At: noon.Add(time.Minute), Kind: journal.ActivityCompleted, Op: 1, Name: "act", Data: json.RawMessage(`1`)}
	journal.Seal(es[len(es)-1].Sum, &e)
	return &journal.Append{Run: run, Fence: 1, Event: e, Phase: journal.Waiting}
}

func events(t *testing.T, s *journal.MemoryStore, run int64) int {
	es, err := s.History(t.Context(), run, 0, 0)
	require.NoError(t, err)
	return len(es)
}

func TestMemoryFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  journal.Fault
		err    error
		events int  // on the disk afterwards
		again  bool // the same commit can be tried again
		reads  bool
		alive  bool
	}{
		{"none", journal.NoFault, nil, 2, false, true, true},
		{"disk full", journal.DiskFull, journal.ErrFull, 1, true, true, true},
		{"disk error", journal.DiskError, journal.ErrBroken, 1, false, false, true},
		{"crash before", journal.CrashBefore, journal.ErrBroken, 1, false, false, false},
		{"crash after", journal.CrashAfter, journal.ErrBroken, 2, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := journal.NewMemory()
			s, other := open(t, m), open(t, m)
			run := owned(t, s)
			a := answer(s, t, run)
			var asked []journal.Write
			m.Inject(func(by *journal.MemoryStore, ws []journal.Write) journal.Fault {
				require.Same(t, s, by)
				asked = slices.Clone(ws)
				return c.fault
			})
			require.ErrorIs(t, s.Commit(a), c.err)
			require.Equal(t, []journal.Write{a}, asked)
			m.Inject(nil)
			require.Equal(t, c.events, events(t, other, run))
			row, err := other.Run(t.Context(), journal.Ref{Key: run})
			require.NoError(t, err)
			require.Equal(t, c.alive, row.Live)
			if c.again {
				require.NoError(t, s.Commit(a))
				require.NoError(t, a.Err)
				require.Equal(t, 2, events(t, other, run))
			}
			_, err = s.History(t.Context(), run, 0, 0)
			if c.reads {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, journal.ErrBroken)
				require.ErrorIs(t, s.Commit(a), journal.ErrBroken)
			}
			journaltest.Verify(t, other)
		})
	}
}

func TestMemoryKill(t *testing.T) {
	m := journal.NewMemory()
	s, other := open(t, m), open(t, m)
	run := owned(t, s)
	s.Kill()
	s.Kill()
	require.ErrorIs(t, s.Commit(&journal.Resume{Run: run}), journal.ErrBroken)
	_, err := s.Runs(t.Context(), journal.Filter{})
	require.ErrorIs(t, err, journal.ErrBroken)
	_, err = s.Processes(t.Context())
	require.ErrorIs(t, err, journal.ErrBroken)
	require.ErrorIs(t, s.Join(t.Context(), nil), journal.ErrBroken)
	_, err = s.Call(t.Context(), 2, nil)
	require.ErrorIs(t, err, journal.ErrHeld)
	s.Nudge(run)
	require.NoError(t, s.Close())
	ps, err := other.Processes(t.Context())
	require.NoError(t, err)
	require.Equal(t, []journal.Process{{Number: 1}, {Number: 2, Live: true, Self: true}}, ps)
	claim := &journal.Claim{Runs: []int64{run}, Now: hour}
	require.NoError(t, other.Commit(claim))
	d, err := other.Details(t.Context(), run)
	require.NoError(t, err)
	require.Equal(t, []journal.Crash{{Seq: 1, Phase: journal.Running, Died: noon, Back: hour}}, d.Crashes)
}

func TestMemoryClone(t *testing.T) {
	m := journal.NewMemory()
	s := open(t, m)
	run := owned(t, s)
	post := &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", Key: "k", At: noon}}
	require.NoError(t, s.Commit(post, &journal.Progress{Run: run, Fence: 1, Op: 1, Data: json.RawMessage(`1`), At: noon}))
	c := m.Clone()
	there := open(t, c)

	row, err := there.Run(t.Context(), journal.Ref{Key: run})
	require.NoError(t, err)
	require.False(t, row.Live, "no process is alive on the copy")
	require.Equal(t, 1, row.Inbox)
	claim := &journal.Claim{Runs: []int64{run}, Now: hour}
	require.NoError(t, there.Commit(claim))
	require.Len(t, claim.Claimed, 1)
	require.Equal(t, 1, claim.Claimed[0].Crashes)
	b := answer(there, t, run)
	b.Fence, b.Event.Data, b.Clear = 2, json.RawMessage(`"there"`), []int64{1}
	journal.Seal(claim.Claimed[0].LastSum, &b.Event)
	a := answer(s, t, run)
	a.Clear = []int64{1}
	again := *post
	require.NoError(t, s.Commit(a))
	require.NoError(t, there.Commit(b, &again))
	require.NoError(t, b.Err)
	require.True(t, again.Duplicate, "the copy knows the keys")

	here, err := s.History(t.Context(), run, 1, 0)
	require.NoError(t, err)
	require.Equal(t, `1`, string(here[0].Data))
	copied, err := there.History(t.Context(), run, 1, 0)
	require.NoError(t, err)
	require.Equal(t, `"there"`, string(copied[0].Data))
	journaltest.Verify(t, s)
	journaltest.Verify(t, there)
}

// noted is a peer that writes down what it is told.
type noted struct{ log []string }

func (n *noted) Nudged(run int64) { n.log = append(n.log, "nudged") }
func (n *noted) Died()            { n.log = append(n.log, "died") }
func (n *noted) Called(context.Context, []byte) ([]byte, error) {
	n.log = append(n.log, "called")
	return []byte("answer"), nil
}

func TestMemoryDeliver(t *testing.T) {
	m := journal.NewMemory()
	a, b, c := open(t, m), m.Open(), open(t, m)
	peer := new(noted)
	require.NoError(t, b.Join(t.Context(), peer))
	run := owned(t, b)
	var held []func()
	m.Deliver(func(to *journal.MemoryStore, notice func()) {
		if to == b {
			held = append(held, notice)
		}
	})
	a.Nudge(run)
	c.Kill()
	require.Len(t, held, 2)
	require.Empty(t, peer.log)
	held[1]()
	held[0]()
	require.Equal(t, []string{"died", "nudged"}, peer.log)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Call(ctx, 3, nil)
	require.ErrorIs(t, err, journal.ErrHeld, "nobody made the call")
	m.Deliver(func(_ *journal.MemoryStore, notice func()) { notice() })
	got, err := a.Call(t.Context(), 3, nil)
	require.NoError(t, err)
	require.Equal(t, "answer", string(got))

	m.Deliver(func(_ *journal.MemoryStore, notice func()) {
		b.Kill() // before the call comes through
		notice()
	})
	_, err = a.Call(t.Context(), 3, nil)
	require.ErrorIs(t, err, journal.ErrHeld)
}

func TestMemoryTransact(t *testing.T) {
	s := open(t, journal.NewMemory())
	w := &journal.Transact{Run: owned(t, s), Fence: 1, Op: 1, Name: "record"}
	require.NoError(t, s.Commit(w))
	require.ErrorIs(t, w.Err, journal.ErrNoTx)
}

// unknown is a write that no store knows.
type unknown struct{ journal.Append }

func TestMemoryUnknownWrite(t *testing.T) {
	s := open(t, journal.NewMemory())
	w := new(unknown)
	require.NoError(t, s.Commit(w))
	require.ErrorContains(t, w.Err, "an unknown kind of write")
}

func TestMemoryConcurrent(t *testing.T) {
	m := journal.NewMemory()
	s := open(t, m)
	run := owned(t, s)
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			h := m.Open()
			for range 50 {
				p := &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", At: noon}}
				_, err := h.Run(context.Background(), journal.Ref{Key: run})
				if err = errors.Join(err, h.Commit(p), p.Err); err != nil {
					errs <- err
					return
				}
				m.Clone()
			}
			errs <- h.Close()
		})
	}
	wg.Wait()
	for range 8 {
		require.NoError(t, <-errs)
	}
	row, err := s.Run(t.Context(), journal.Ref{Key: run})
	require.NoError(t, err)
	require.Equal(t, 400, row.Inbox)
	journaltest.Verify(t, s)
}

func TestMemoryLose(t *testing.T) {
	m := journal.NewMemory()
	s, other := open(t, m), open(t, m)
	run := owned(t, s)
	s.Lose()
	a := answer(s, t, run)
	claim := &journal.Claim{Runs: []int64{run}, Now: hour}
	require.NoError(t, other.Commit(claim))
	require.Len(t, claim.Claimed, 1, "the others take it for dead")
	require.ErrorIs(t, s.Commit(a), journal.ErrBroken)
	require.ErrorIs(t, a.Err, journal.ErrFenced)
	journaltest.Verify(t, other)
}

func TestMemoryRestore(t *testing.T) {
	m := journal.NewMemory()
	s := open(t, m)
	run := owned(t, s)
	before := m.Clone()
	a := answer(s, t, run)
	require.NoError(t, s.Commit(a))
	require.NoError(t, a.Err)
	require.Equal(t, 2, events(t, s, run))
	open(t, m)
	m.Restore(before)
	require.Equal(t, 1, events(t, s, run))
	again := answer(s, t, run)
	require.NoError(t, s.Commit(again))
	require.NoError(t, again.Err, "it still owns the run")
	open(t, m)
	ps, err := s.Processes(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(3), ps[len(ps)-1].Number, "no number is used again")
	journaltest.Verify(t, s)
}
