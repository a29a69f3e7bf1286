package runner_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
)

func TestSleepIsDurableTime(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		begin := time.Now()
		slept, err := run(t, store, func(ctx *runner.Context) (time.Duration, error) {
			before := ctx.Now()
			due, err := ctx.After(24 * time.Hour).Get(ctx)
			if err != nil || !due.Equal(ctx.Now()) {
				return 0, fmt.Errorf("due %s, now %s: %w", due, ctx.Now(), err)
			}
			for _, d := range []time.Duration{time.Hour, 0, -1} {
				if err := ctx.Sleep(d); err != nil {
					return 0, err
				}
			}
			return ctx.Now().Sub(before), nil
		})
		require.NoError(t, err)
		require.Equal(t, 25*time.Hour, slept)
		require.Equal(t, slept, time.Since(begin))
	})
}

// Draw is everything a Context makes up for a workflow.
type Draw struct {
	ID, RunID string
	NewIDs    []string
	Numbers   []int
	Now       time.Time
}

const Gamble runner.Workflow[struct{}, Draw] = "gamble"

func TestReplayIsTheSame(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		var drawn []Draw // once per life
		gamble := Gamble.Bind(func(ctx *runner.Context, _ struct{}) (Draw, error) {
			d := Draw{ID: ctx.ID(), RunID: ctx.RunID(), Now: ctx.Now()}
			for range 3 {
				d.NewIDs = append(d.NewIDs, ctx.NewID())
				d.Numbers = append(d.Numbers, ctx.Rand().IntN(1000))
			}
			drawn = append(drawn, d)
			ctx.Log().Info("drawn", "times", len(drawn))
			_, err := Tell.Receive(ctx)
			ctx.Log().Info("told")
			return d, err
		})
		var log bytes.Buffer
		life := func() (*runner.Runner, func()) {
			r, err := runner.New(store, gamble)
			require.NoError(t, err)
			r.Logger = slog.New(slog.NewTextHandler(&log, nil))
			return r, runnertest.Serve(t, r)
		}

		r, stop := life()
		h, err := Gamble.Start(t.Context(), r, "g", struct{}{})
		require.NoError(t, err)
		_, err = r.AwaitRun(t.Context(), h.Key, 0)
		require.NoError(t, err)
		stop()
		r, stop = life()
		require.NoError(t, Tell.Send(t.Context(), r, "g", Note{}))
		out, err := Gamble.Handle(r, "g").Wait(t.Context())
		require.NoError(t, err)
		stop()

		require.Len(t, drawn, 2, "the workflow was replayed")
		require.Equal(t, drawn[0], drawn[1])
		require.Equal(t, drawn[0], out)
		require.Equal(t, "g", out.ID)
		require.Equal(t, h.ULID, out.RunID)
		for i, id := range out.NewIDs {
			made, err := ulid.ParseStrict(id)
			require.NoError(t, err)
			require.Equal(t, out.Now.UnixMilli(), int64(made.Time()))
			require.NotContains(t, out.NewIDs[:i], id)
		}
		require.Equal(t, 1, strings.Count(log.String(), "msg=drawn"), log.String())
		require.Equal(t, 1, strings.Count(log.String(), "msg=told"), log.String())
	})
}

func TestGo(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		got, err := run(t, store, func(ctx *runner.Context) (trace []string, err error) {
			step := func(name string, d time.Duration) *runner.Future[struct{}] {
				return ctx.Go(func(ctx *runner.Context) error {
					trace = append(trace, name+" begins")
					err := ctx.Sleep(d)
					trace = append(trace, name+" ends")
					return err
				})
			}
			slow, fast := step("slow", 2*time.Hour), step("fast", time.Hour)
			fails := ctx.Go(func(*runner.Context) error { return errEmpty })
			trace = append(trace, fmt.Sprint("slow is ready: ", slow.Ready()))
			if _, err := runner.All(ctx, slow, fast); err != nil {
				return nil, err
			}
			if _, err := fails.Get(ctx); !errors.Is(err, errEmpty) {
				return nil, fmt.Errorf("the coroutine's error is lost: %w", err)
			} else if err != errEmpty {
				return nil, fmt.Errorf("somebody added to it: %w", err)
			}
			return trace, nil
		}, Double.Bind(double))
		require.NoError(t, err)
		require.Equal(t, []string{"slow is ready: false", "slow begins", "fast begins", "fast ends", "slow ends"}, got)
	})
}

func TestScopes(t *testing.T) {
	for _, c := range []struct {
		name string
		fn   func(ctx *runner.Context) error
		want error
	}{
		{"cancel ends what was started in it", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithCancel()
			timer := scope.After(time.Hour)
			cancel()
			_, err := timer.Get(ctx)
			return err
		}, runner.ErrCanceled},
		{"and nothing else", func(ctx *runner.Context) error {
			_, cancel := ctx.WithCancel()
			timer := ctx.After(time.Hour)
			cancel()
			_, err := timer.Get(ctx)
			return err
		}, nil},
		{"scopes nest", func(ctx *runner.Context) error {
			outer, cancel := ctx.WithCancel()
			inner, stop := outer.WithTimeout(time.Hour)
			defer stop()
			cancel()
			return inner.Sleep(time.Minute)
		}, runner.ErrCanceled},
		{"timeout", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithTimeout(time.Minute)
			defer cancel()
			return scope.Sleep(time.Hour)
		}, runner.ErrTimeout},
		{"timeout of nothing", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithTimeout(0)
			defer cancel()
			return scope.Sleep(time.Hour)
		}, runner.ErrTimeout},
		{"in time", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithTimeout(time.Hour)
			defer cancel()
			return scope.Sleep(time.Minute)
		}, nil},
		{"shielded", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithCancel()
			cancel()
			return scope.Shielded().Sleep(time.Minute)
		}, nil},
		{"a coroutine is in its scope", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithCancel()
			co := scope.Go(func(ctx *runner.Context) error { return ctx.Sleep(time.Hour) })
			cancel()
			_, err := co.Get(ctx)
			return err
		}, runner.ErrCanceled},
		{"an activity in an ended scope", func(ctx *runner.Context) error {
			scope, cancel := ctx.WithCancel()
			cancel()
			_, err := Double.Go(scope, 1).Get(ctx)
			return err
		}, runner.ErrCanceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStores(t, func(t *testing.T, store journal.Store) {
				_, err := run(t, store, func(ctx *runner.Context) (struct{}, error) {
					if err := c.fn(ctx); !errors.Is(err, c.want) {
						return struct{}{}, fmt.Errorf("got %v, want %v", err, c.want)
					}
					return struct{}{}, ctx.Err()
				}, Double.Bind(double))
				require.NoError(t, err)
			})
		})
	}
}

func TestCancelRun(t *testing.T) {
	const Careful runner.Workflow[struct{}, int] = "careful"
	var cleaned int
	careful := Careful.Bind(func(ctx *runner.Context, _ struct{}) (int, error) {
		err := ctx.Sleep(time.Hour)
		if errors.Is(ctx.Err(), runner.ErrCanceled) {
			cleaned, _ = Double.Do(ctx.Shielded(), 21)
		}
		return 0, err
	})
	onStores(t, func(t *testing.T, store journal.Store) {
		cleaned = 0
		r, _ := serve(t, store, careful, Double.Bind(double))
		h, err := Careful.Start(t.Context(), r, "c", struct{}{})
		require.NoError(t, err)
		require.NoError(t, h.Cancel(t.Context(), "ada", "no longer needed"))
		_, err = h.Wait(t.Context())
		require.ErrorIs(t, err, runner.ErrCanceled)
		require.Equal(t, 42, cleaned)
		row, err := r.Find(t.Context(), "c")
		require.NoError(t, err)
		require.Equal(t, journal.StatusCanceled, row.Status)
		require.ErrorIs(t, h.Cancel(t.Context(), "ada", "again"), runner.ErrClosed)
	})
}
