package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/host"
)

const (
	Try runner.Activity[string, int] = "try"

	errBad  runner.Failure = "bad"
	errDead runner.Failure = "dead"
)

// try fails in the way it is told to.
func try(ctx context.Context, how string) (int, error) {
	switch how {
	case "final":
		return 0, runner.NonRetryable(errBad)
	case "panic":
		panic("oh dear")
	case "hang":
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return 0, fmt.Errorf("try: %w", errBad)
}

// The times are those of the bubble's clock, and exact without jitter.
func TestAttempts(t *testing.T) {
	type opts = []runner.Option
	for _, c := range []struct {
		name       string
		bind, call opts
		fails      string
		attempts   int
		takes      time.Duration
	}{
		{"by default", nil, nil, "bad", 10, (1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60) * time.Second},
		{"as bound", opts{runner.Attempts(3)}, nil, "bad", 3, 3 * time.Second},
		{"as called", opts{runner.Attempts(3)}, opts{runner.Attempts(2)}, "bad", 2, time.Second},
		{"backoff", opts{runner.Attempts(4)}, opts{runner.Backoff{Initial: time.Minute, Factor: 10, Cap: time.Hour}}, "bad", 4, (1 + 10 + 60) * time.Minute},
		{"final", nil, nil, "final", 1, 0},
		{"no retry", opts{runner.NoRetry(errBad), runner.NoRetry(errDead)}, nil, "bad", 1, 0},
		{"no retry of another failure", opts{runner.NoRetry(errDead), runner.Attempts(2)}, nil, "bad", 2, time.Second},
		{"no retry at the call", nil, opts{runner.NoRetry(errBad)}, "bad", 1, 0},
		{"panic", opts{runner.Attempts(2)}, nil, "panic", 2, time.Second},
		{"timeout", opts{runner.Attempts(2), runner.Timeout(time.Minute)}, nil, "hang", 2, 2*time.Minute + time.Second},
		{"silence", opts{runner.Attempts(2), runner.Heartbeats(time.Minute)}, nil, "hang", 2, 2*time.Minute + time.Second},
		{"overall", opts{runner.Overall(time.Minute)}, nil, "hang", 1, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStores(t, func(t *testing.T, store journal.Store) {
				seen := 0
				counted := func(ctx context.Context, how string) (int, error) {
					seen++
					require.Equal(t, seen, runner.Attempt(ctx))
					return try(ctx, how)
				}
				begin := time.Now()
				_, err := run(t, store, func(ctx *runner.Context) (int, error) {
					return Try.Do(ctx, c.fails, c.call...)
				}, Try.Bind(counted, append(opts{runner.Backoff{Jitter: -1}}, c.bind...)...))
				require.Error(t, err)
				require.Equal(t, c.attempts, seen)
				require.Equal(t, c.takes, time.Since(begin))
			})
		})
	}
}

// What a workflow finds in an error is the same when the error has just
// happened, when it is read back by a later life, and for whoever waits for the
// run.
func TestErrorsLiveAndOnReplay(t *testing.T) {
	const Judge runner.Workflow[string, string] = "judge"
	judge := Judge.Bind(func(ctx *runner.Context, how string) (string, error) {
		_, err := Try.Do(ctx, how)
		if _, err := Tell.Receive(ctx); err != nil {
			return "", err
		}
		var p *runner.PanicError
		var f runner.Failure
		errors.As(err, &f)
		return "", fmt.Errorf("bad=%t dead=%t timeout=%t panic=%t failure=%q: %w", errors.Is(err, errBad),
			errors.Is(err, errDead), errors.Is(err, runner.ErrTimeout), errors.As(err, &p) && p.Stack != "", f, err)
	})
	bind := Try.Bind(try, runner.Attempts(1), runner.Timeout(time.Minute))
	for how, want := range map[string]string{
		"bad":   `workflow "judge": bad=true dead=false timeout=false panic=false failure="bad": activity "try": try: bad`,
		"final": `workflow "judge": bad=true dead=false timeout=false panic=false failure="bad": activity "try": bad`,
		"panic": `workflow "judge": bad=false dead=false timeout=false panic=true failure="": activity "try": panic: oh dear`,
		"hang":  `workflow "judge": bad=false dead=false timeout=true panic=false failure="": activity "try": the attempt took longer than 1m0s`,
	} {
		for _, lives := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s in %d lives", how, lives), func(t *testing.T) {
				onStores(t, func(t *testing.T, store journal.Store) {
					r, stop := serve(t, store, judge, bind)
					h, err := Judge.Start(t.Context(), r, "j", how)
					require.NoError(t, err)
					_, err = r.AwaitRun(t.Context(), h.Key, 1)
					require.NoError(t, err)
					if lives == 2 {
						stop()
						r, _ = serve(t, store, judge, bind)
					}
					require.NoError(t, Tell.Send(t.Context(), r, "j", Note{}))
					_, err = Judge.Handle(r, "j").Wait(t.Context())
					require.EqualError(t, err, want)
					require.Equal(t, how == "bad" || how == "final", errors.Is(err, errBad))
					require.Equal(t, how == "hang", errors.Is(err, runner.ErrTimeout))
				})
			})
		}
	}
}

// Cancel answers the workflow at once, or, with WaitCancel, when the activity has
// returned.
func TestCancelOfAnActivity(t *testing.T) {
	for _, wait := range []bool{false, true} {
		t.Run(fmt.Sprint("wait ", wait), func(t *testing.T) {
			onStores(t, func(t *testing.T, store journal.Store) {
				cleaned := make(chan struct{})
				slow := Try.Bind(func(ctx context.Context, _ string) (int, error) {
					<-ctx.Done()
					require.ErrorIs(t, context.Cause(ctx), runner.ErrCanceled)
					<-time.After(3 * time.Second) // it cleans up
					close(cleaned)
					return 0, ctx.Err()
				})
				took, err := run(t, store, func(ctx *runner.Context) (time.Duration, error) {
					scope, cancel := ctx.WithTimeout(time.Hour)
					defer cancel()
					try := Try.Go(scope, "", runner.WaitCancel(wait))
					if err := ctx.Sleep(time.Second); err != nil {
						return 0, err
					}
					before := ctx.Now()
					cancel()
					_, err := try.Get(ctx)
					require.Error(t, err)
					return ctx.Now().Sub(before), nil
				}, slow)
				require.NoError(t, err)
				require.Equal(t, wait, took == 3*time.Second)
				<-cleaned
			})
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		keys := map[string][]string{}
		keyed := Try.Bind(func(ctx context.Context, name string) (int, error) {
			keys[name] = append(keys[name], runner.IdempotencyKey(ctx))
			if runner.Attempt(ctx) == 1 {
				return 0, errBad
			}
			return 0, nil
		})
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			if _, err := Try.Do(ctx, "a"); err != nil {
				return 0, err
			}
			return Try.Do(ctx, "b")
		}, keyed)
		require.NoError(t, err)
		a, b := keys["a"], keys["b"]
		require.Len(t, a, 2)
		require.NotEmpty(t, a[0])
		require.Equal(t, a[0], a[1], "attempts of one call share it")
		require.NotEqual(t, a[0], b[0], "calls do not")
	})
}

func TestProgress(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		var from []int
		count := Double.Bind(func(ctx context.Context, n int) (int, error) {
			done, ok := runner.LastProgress[int](ctx)
			from = append(from, done)
			require.Equal(t, runner.Attempt(ctx) > 1, ok)
			for done < n {
				done++
				require.NoError(t, runner.Heartbeat(ctx, done))
				<-time.After(time.Second) // it is written every 50 ms
				if done%3 == 0 {
					return 0, errBad
				}
			}
			return done, nil
		})
		got, err := run(t, store, func(ctx *runner.Context) (int, error) { return Double.Do(ctx, 7) }, count)
		require.NoError(t, err)
		require.Equal(t, 7, got)
		require.Equal(t, []int{0, 3, 6}, from)
	})
}

func TestOutsideAnActivity(t *testing.T) {
	ctx := t.Context()
	require.Zero(t, runner.Attempt(ctx))
	require.Empty(t, runner.IdempotencyKey(ctx))
	require.NoError(t, runner.Heartbeat(ctx, 1))
	_, ok := runner.LastProgress[int](ctx)
	require.False(t, ok)

	why := errors.New("that is why")
	ended, cancel := context.WithCancelCause(ctx)
	cancel(why)
	require.ErrorIs(t, runner.Heartbeat(ended, 1), why)
}

func TestHeartbeatOfATask(t *testing.T) {
	var beats []string
	ctx := host.WithTask(t.Context(), &host.Task{
		Activity: "try", Attempt: 2, Key: "key", Last: []byte(`{"text":"half"}`),
		Heartbeat: func(raw json.RawMessage) { beats = append(beats, string(raw)) },
	})
	require.Equal(t, 2, runner.Attempt(ctx))
	require.Equal(t, "key", runner.IdempotencyKey(ctx))
	require.NoError(t, runner.Heartbeat(ctx, Note{"all"}))
	require.ErrorContains(t, runner.Heartbeat(ctx, func() {}), `activity "try": progress is no func()`)
	require.Equal(t, []string{`{"text":"all"}`}, beats)

	last, ok := runner.LastProgress[Note](ctx)
	require.True(t, ok)
	require.Equal(t, Note{"half"}, last)
	_, ok = runner.LastProgress[int](ctx)
	require.False(t, ok, "of another type")
}
