package examples

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
	"github.com/seed139febb4/durable/sqlite"
)

// A dying store stops working at one commit, before or after it is on disk: all
// that a process which is killed there knows is that it never heard of it.
type dying struct {
	*sqlite.DB
	commits int // so far
	at      int // the one to die at; 0: none
	after   bool
	dead    bool
}

var errKilled = fmt.Errorf("%w: killed", journal.ErrBroken)

func (d *dying) Commit(writes ...journal.Write) error {
	if d.dead {
		return errKilled
	}
	d.commits++
	d.dead = d.commits == d.at
	if d.dead && !d.after {
		return errKilled
	}
	if err := d.DB.Commit(writes...); err != nil {
		return err
	}
	if d.dead {
		return errKilled
	}
	return nil
}

// A scenario is an example, started once, with what people do meanwhile.
type scenario struct {
	start  func(ctx context.Context, r *runner.Runner) error
	people func(ctx context.Context, r *runner.Runner) error
	result func(ctx context.Context, r *runner.Runner) (string, error)
	ledger []string
}

// play runs the scenario to its end, started anew whenever the process died, and
// returns how many commits that took.
func (s *scenario) play(t *testing.T, at int, after bool) (commits int) {
	path := filepath.Join(t.TempDir(), "test.db")
	var got string
	synctest.Test(t, func(t *testing.T) {
		for done := false; !done; {
			db, err := sqlite.Open(path, sqlite.Exclusive)
			require.NoError(t, err)
			store := &dying{DB: db, commits: commits, at: at, after: after}
			got, err = s.process(t, store)
			commits = store.commits
			done = err == nil
			if !done {
				require.ErrorIs(t, err, errKilled)
			}
			runnertest.Check(t, db)
			require.NoError(t, db.Close())
		}
	})
	require.Equal(t, s.want(t), got)
	require.Equal(t, s.ledger, entries(t, path), "written exactly once")
	return commits
}

// process is one life: it does everything again that may be done again.
func (s *scenario) process(t *testing.T, store *dying) (result string, err error) {
	r, err := runner.New(store, Bindings()...)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.Run(ctx) }()
	<-r.Ready()
	for _, step := range []func(context.Context, *runner.Runner) error{s.start, s.people} {
		if err = step(ctx, r); err != nil {
			break
		}
	}
	if err == nil {
		result, err = s.result(ctx, r)
	}
	stop()
	return result, errors.Join(err, <-served)
}

func (s *scenario) want(t *testing.T) string {
	t.Helper()
	want := map[string]string{
		"slept 10s": `{slept 10s T-0EC2CBAF 1}`,
		"holiday":   `approved by ada: have fun`,
	}[s.ledger[0]]
	require.NotEmpty(t, want)
	return want
}

func TestCrashAtEveryBoundary(t *testing.T) {
	dir := t.TempDir()
	for name, s := range map[string]scenario{
		"durable": {
			start: func(ctx context.Context, r *runner.Runner) error {
				_, err := Durable.Start(ctx, r, "d", Nap{Sleep: runner.Duration(10 * time.Second)})
				return err
			},
			people: func(context.Context, *runner.Runner) error { return nil },
			result: func(ctx context.Context, r *runner.Runner) (string, error) {
				out, err := Durable.Handle(r, "d").Wait(ctx)
				return fmt.Sprint(out), err
			},
			ledger: []string{"slept 10s"},
		},
		"approval": {
			start: func(ctx context.Context, r *runner.Runner) error {
				_, err := Approval.Start(ctx, r, "a", Request{Title: "holiday", Notify: filepath.Join(dir, "notices")})
				return err
			},
			people: func(ctx context.Context, r *runner.Runner) error {
				err := Approve.Send(ctx, r, "a", Decision{Note: "have fun"}, runner.By("ada"), runner.Key("once"))
				if errors.Is(err, runner.ErrClosed) { // it arrived in an earlier life
					return nil
				}
				return err
			},
			result: func(ctx context.Context, r *runner.Runner) (string, error) {
				out, err := Approval.Handle(r, "a").Wait(ctx)
				return fmt.Sprintf("%s by %s: %s", out.Status, out.By, out.Note), err
			},
			ledger: []string{"holiday"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			commits := s.play(t, 0, false)
			require.Greater(t, commits, 4)
			for at := 1; at <= commits; at++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("commit %d, after: %v", at, after), func(t *testing.T) { s.play(t, at, after) })
				}
			}
		})
	}
	// The notices of all lives of one run have one key, so each run is told once.
	data, err := os.ReadFile(filepath.Join(dir, "notices"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	once := slices.Clone(lines)
	slices.Sort(once)
	require.Len(t, slices.Compact(once), len(lines), "a notice was written twice")
}
