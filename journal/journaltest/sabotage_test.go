package journaltest_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// The suites prove that they can fail: each of these stores breaks one promise,
// and has to be caught by both of them.

// sabotage names, in the environment, what the store under test gets wrong.
const sabotage = "DURABLE_TEST_SABOTAGE"

var sabotages = map[string]func(*journal.MemoryStore) journal.Store{
	"lost timer":        onAppend(func(a *journal.Append) { a.Set = a.Set[:len(a.Set)/2] }),
	"kept timer":        onAppend(func(a *journal.Append) { a.Unset = nil }),
	"kept message":      onAppend(func(a *journal.Append) { a.Delivered = 0 }),
	"forgotten phase":   onAppend(func(a *journal.Append) { a.Phase = "" }),
	"lost consequences": onAppend(func(a *journal.Append) { a.Then = nil }),
	"unsealed event":    onAppend(func(a *journal.Append) { a.Event.Sum++ }),
	"coarse time":       onAppend(func(a *journal.Append) { a.Event.At = a.Event.At.Truncate(time.Microsecond) }),
	"double signal": onWrite(func(w journal.Write) {
		if p, ok := w.(*journal.Post); ok {
			p.Message.Key = ""
		}
	}),
	"no fence": func(s *journal.MemoryStore) journal.Store { return &unfenced{s} },
	"silent refusal": func(s *journal.MemoryStore) journal.Store {
		return &afterCommit{s, func(w journal.Write) { journal.Refuse(w, nil) }}
	},
	"oldest first":    func(s *journal.MemoryStore) journal.Store { return &backwards{s} },
	"missed timer":    func(s *journal.MemoryStore) journal.Store { return &oversleeper{s} },
	"partial history": func(s *journal.MemoryStore) journal.Store { return &forgetful{s} },
}

func TestSabotage(t *testing.T) {
	if os.Getenv(sabotage) != "" {
		t.Skip("this is the sabotaged process")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, name := range slices.Sorted(maps.Keys(sabotages)) {
		for _, suite := range []string{"TestMemory", "TestCompare"} {
			t.Run(name+"/"+suite, func(t *testing.T) {
				c := exec.CommandContext(t.Context(), self, "-test.run=^"+suite+"$", "-test.failfast")
				c.Env = append(os.Environ(), sabotage+"="+name)
				out, err := c.CombinedOutput()
				var failed *exec.ExitError
				require.ErrorAs(t, err, &failed, "the suite has found nothing: %s", out)
				require.NotContains(t, string(out), "panic:")
				require.Contains(t, string(out), "--- FAIL: "+suite)
			})
		}
	}
}

// altered changes writes before they are committed.
type altered struct {
	*journal.MemoryStore
	change func(journal.Write)
}

func (s *altered) Commit(ws ...journal.Write) error {
	for _, w := range ws {
		s.change(w)
	}
	return s.MemoryStore.Commit(ws...)
}

func onWrite(change func(journal.Write)) func(*journal.MemoryStore) journal.Store {
	return func(s *journal.MemoryStore) journal.Store { return &altered{s, change} }
}

func onAppend(change func(*journal.Append)) func(*journal.MemoryStore) journal.Store {
	return onWrite(func(w journal.Write) {
		if a, ok := w.(*journal.Append); ok {
			change(a)
		}
	})
}

// unfenced lets everybody write to runs that nobody, or this process, owns.
type unfenced struct{ *journal.MemoryStore }

func (s *unfenced) Commit(ws ...journal.Write) error {
	for _, w := range ws {
		if a, ok := w.(*journal.Append); ok && a.New == nil {
			c := &journal.Claim{Runs: []int64{a.Run}, Now: a.Event.At}
			if err := s.MemoryStore.Commit(c); err != nil {
				return err
			}
			for _, r := range c.Claimed {
				a.Fence = r.Fence
			}
		}
	}
	return s.MemoryStore.Commit(ws...)
}

type afterCommit struct {
	*journal.MemoryStore
	change func(journal.Write)
}

func (s *afterCommit) Commit(ws ...journal.Write) error {
	err := s.MemoryStore.Commit(ws...)
	for _, w := range ws {
		s.change(w)
	}
	return err
}

type backwards struct{ *journal.MemoryStore }

func (s *backwards) Runs(ctx context.Context, f journal.Filter) ([]journal.Run, error) {
	runs, err := s.MemoryStore.Runs(ctx, f)
	slices.Reverse(runs)
	return runs, err
}

type oversleeper struct{ *journal.MemoryStore }

func (s *oversleeper) Work(ctx context.Context, workflows []string, now time.Time, limit int) ([]int64, time.Time, error) {
	due, _, err := s.MemoryStore.Work(ctx, workflows, now.Add(-time.Minute), limit)
	return due, time.Time{}, err
}

type forgetful struct{ *journal.MemoryStore }

func (s *forgetful) History(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	es, err := s.MemoryStore.History(ctx, run, after, limit)
	return es[:min(len(es), 2)], err
}
