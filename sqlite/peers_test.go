package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// listener is a peer that tells what it hears.
type listener struct {
	nudged chan int64
	died   chan struct{}
}

func newListener() *listener {
	return &listener{nudged: make(chan int64, 16), died: make(chan struct{}, 16)}
}

func (l *listener) Nudged(run int64) { l.nudged <- run }
func (l *listener) Died()            { l.died <- struct{}{} }
func (l *listener) Called(_ context.Context, q []byte) ([]byte, error) {
	if string(q) == "fail" {
		return nil, errors.New("as asked")
	}
	return append([]byte("re: "), q...), nil
}

func TestNudgeAndCall(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	require.NoError(t, a.Leave())
	l := newListener()
	require.NoError(t, a.Join(t.Context(), l))
	s := begin(t, a, activity(1))
	b := reopen(t, a.path)
	t.Run("the owner", func(t *testing.T) {
		b.Nudge(s.key)
		require.Equal(t, s.key, <-l.nudged)
		<-a.Changed()
	})
	t.Run("all, if nobody owns it", func(t *testing.T) {
		b.Nudge(4711)
		require.Equal(t, int64(4711), <-l.nudged)
	})
	t.Run("a question", func(t *testing.T) {
		answer, err := b.Call(t.Context(), a.self.Load(), []byte("hello"))
		require.NoError(t, err)
		require.Equal(t, "re: hello", string(answer))
		_, err = b.Call(t.Context(), a.self.Load(), []byte("fail"))
		require.ErrorContains(t, err, "as asked")
		_, err = b.Call(t.Context(), 4711, nil)
		require.ErrorIs(t, err, journal.ErrHeld)
	})
	t.Run("a death", func(t *testing.T) {
		c := reopen(t, a.path)
		require.NoError(t, c.Join(t.Context(), newListener()))
		c.Nudge(s.key)
		require.Equal(t, s.key, <-l.nudged) // now they know of each other
		kill(c)
		<-l.died
	})
}

// TestChanged waits for what nobody nudges about.
func TestChanged(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	b := reopen(t, a.path)
	s := begin(t, a, activity(1))
	changed := b.Changed()
	b.tick() // it has seen what there is
	for len(changed) > 0 {
		<-changed
	}
	commit(t, a, s.next(completed(1)))
	<-changed
}

func TestChangedByOneself(t *testing.T) {
	t.Parallel()
	db := openNew(t, Exclusive)
	s := begin(t, db, activity(1))
	commit(t, db, s.next(completed(1)))
	require.Empty(t, db.Changed())
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	b := reopen(t, a.path)
	require.NoError(t, b.Join(t.Context(), silent{}))
	c := reopen(t, a.path)
	require.NoError(t, c.Join(t.Context(), silent{}))
	kill(c)
	all, err := b.Processes(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 3)
	for i, p := range all {
		require.Equal(t, os.Getpid(), p.PID)
		require.Equal(t, i < 2, p.Live)
		require.Equal(t, i == 1, p.Self)
		_, err := time.Parse(time.RFC3339, p.Started)
		require.NoError(t, err)
	}
	require.NoError(t, b.Leave())
	require.NoError(t, b.Leave())
	all, err = a.Processes(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Error(t, a.Join(t.Context(), silent{}), "it has joined already")
}

// TestSweep lets many processes die.
func TestSweep(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	owner := reopen(t, a.path)
	require.NoError(t, owner.Join(t.Context(), silent{}))
	s := begin(t, owner, activity(1))
	kill(owner)
	for range sweepAbove {
		b := reopen(t, a.path)
		require.NoError(t, b.Join(t.Context(), silent{}))
		kill(b)
	}
	b := reopen(t, a.path)
	require.NoError(t, b.Join(t.Context(), silent{}))
	all, err := a.Processes(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 3, "this one, the first one, and the dead owner of a run")
	claim := &journal.Claim{Runs: []int64{s.key}, Now: dawn}
	commit(t, b, claim)
	require.Len(t, claim.Claimed, 1)
	require.Equal(t, 1, claim.Claimed[0].Crashes)
}

// TestKilled has a process of its own die in the middle of its work.
func TestKilled(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledChild$")
	cmd.Env = append(os.Environ(), "SQLITE_TEST_CHILD="+db.path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var key, seq int64
	for seq < 20 {
		_, err := fmt.Fscanf(out, "%d %d\n", &key, &seq)
		require.NoError(t, err)
	}
	before := &journal.Claim{Runs: []int64{key}, Now: time.Now()}
	commit(t, db, before)
	require.Empty(t, before.Claimed, "its owner lives")
	began := time.Now()
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()

	claim := &journal.Claim{Runs: []int64{key}, Now: time.Now()}
	commit(t, db, claim)
	require.Len(t, claim.Claimed, 1)
	run := claim.Claimed[0]
	require.GreaterOrEqual(t, run.LastSeq, seq, "what was acknowledged is there")
	require.Equal(t, int64(2), run.Fence)
	require.Equal(t, 1, run.Streak)
	d, err := db.Details(t.Context(), key)
	require.NoError(t, err)
	require.Len(t, d.Crashes, 1)
	require.Less(t, began.Sub(d.Crashes[0].Died), time.Minute, "there was a sign of life")
	require.False(t, d.Crashes[0].Died.Before(run.LastAt), "its last event is one")
	require.Empty(t, reopen(t, db.path).Lost())
}

// TestKilledChild is the process that TestKilled kills.
func TestKilledChild(t *testing.T) {
	t.Parallel()
	path := os.Getenv("SQLITE_TEST_CHILD")
	if path == "" {
		t.Skip("only TestKilled runs this")
	}
	db, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, db.Join(t.Context(), silent{}))
	ulids.Store(int64(os.Getpid()))
	s := begin(t, db, activity(1))
	for {
		commit(t, db, s.next(completed(s.last.Seq), activity(s.last.Seq+1)))
		fmt.Println(s.key, s.last.Seq)
	}
}

// TestHeld has another process keep the file to itself.
func TestHeld(t *testing.T) {
	t.Parallel()
	db := openNew(t, Patience(time.Millisecond))
	s := begin(t, db, activity(1))
	other := reopen(t, db.path)
	require.NoError(t, other.writer.run("BEGIN IMMEDIATE"))
	next := s.next(completed(1))
	err := db.Commit(next)
	require.ErrorIs(t, err, journal.ErrHeld)
	require.ErrorContains(t, err, db.path)
	require.NoError(t, other.writer.run("ROLLBACK"))
	commit(t, db, next)
	t.Run("the turnstile", func(t *testing.T) {
		require.NoError(t, other.Join(t.Context(), silent{}))
		require.NoError(t, other.take())
		defer other.release()
		if !other.inside {
			require.NoError(t, other.dir.Turnstile().Enter(t.Context()))
			other.inside = true
		}
		b := reopen(t, db.path, Patience(time.Millisecond))
		err := b.Commit(signal(s.key, ""))
		require.ErrorIs(t, err, journal.ErrHeld)
		require.True(t, strings.Contains(err.Error(), "pid "), err.Error())
	})
}

// TestTwoWriters has two processes that run workflows, and one that only sends,
// write as fast as they can. Nobody is turned away, and nothing is mixed up.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	const commits = 50
	a := openNew(t)
	b, sender := reopen(t, a.path), reopen(t, a.path)
	require.NoError(t, b.Join(t.Context(), silent{}))
	stories := []*story{begin(t, a, activity(1)), begin(t, b, activity(1))}
	var all sync.WaitGroup
	failed := make(chan error, 3*commits)
	for _, s := range stories {
		all.Go(func() {
			for range commits {
				next := s.next(completed(s.last.Seq), activity(s.last.Seq+1))
				failed <- errors.Join(s.db.Commit(next), next.Err)
			}
		})
	}
	all.Go(func() {
		for i := range commits {
			p := signal(stories[i%2].key, "")
			failed <- errors.Join(sender.Commit(p), p.Err)
		}
	})
	all.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	for _, s := range stories {
		run, err := a.Run(t.Context(), journal.Ref{Key: s.key})
		require.NoError(t, err)
		require.Equal(t, int64(1+commits), run.LastSeq)
		require.Equal(t, commits/2, run.Inbox)
	}
}
