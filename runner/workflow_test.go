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
)

const Sum runner.Workflow[[]int, int] = "sum"

// sum doubles all numbers at once and adds them up.
func sum(ctx *runner.Context, numbers []int) (total int, err error) {
	var doubles []*runner.Future[int]
	for _, n := range numbers {
		doubles = append(doubles, Double.Go(ctx, n))
	}
	values, err := runner.All(ctx, doubles...)
	for _, v := range values {
		total += v
	}
	return total, err
}

func TestWorkflowRunsActivities(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Sum.Bind(sum), Double.Bind(double))
		h, err := Sum.Start(t.Context(), r, "sum-1", []int{1, 2, 3})
		require.NoError(t, err)
		require.True(t, h.Fresh)
		require.Equal(t, "sum-1", h.ID)
		require.Len(t, h.ULID, 26)
		total, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 12, total)
	})
}

func TestStartTwice(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Sum.Bind(sum), Double.Bind(double),
			Length.Bind(func(ctx *runner.Context, s string) (int, error) { return len(s), nil }))
		first, err := Sum.Start(t.Context(), r, "x", []int{1})
		require.NoError(t, err)
		_, err = first.Wait(t.Context())
		require.NoError(t, err)

		t.Log("the same id is the same run, even when that has ended")
		second, err := Sum.Start(t.Context(), r, "x", []int{50})
		require.NoError(t, err)
		require.False(t, second.Fresh)
		require.Equal(t, first.ULID, second.ULID)
		total, err := second.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, total)

		t.Log("unless it is asked for again")
		again, err := r.StartRun(t.Context(), runner.StartRequest{Workflow: "sum", ID: "x", Input: json.RawMessage("[50]"), Again: true})
		require.NoError(t, err)
		require.True(t, again.Fresh)
		require.NotEqual(t, first.ULID, again.ULID)

		t.Log("another workflow cannot have it")
		_, err = Length.Start(t.Context(), r, "x", "abc")
		require.ErrorIs(t, err, runner.ErrExists)

		t.Log("a handle can be had without starting anything")
		total, err = Sum.Handle(r, first.ULID).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, total)
		_, err = Sum.Handle(r, "y").Wait(t.Context())
		require.ErrorIs(t, err, runner.ErrNoRun)
	})
}

const Length runner.Workflow[string, int] = "length"

func TestChildren(t *testing.T) {
	length := Length.Bind(func(ctx *runner.Context, s string) (int, error) {
		if s == "" {
			return 0, fmt.Errorf("length: %w", errEmpty)
		}
		return len(s), ctx.Sleep(time.Hour)
	})
	onStores(t, func(t *testing.T, store journal.Store) {
		got, err := run(t, store, func(ctx *runner.Context) ([]int, error) {
			named, err := Length.Do(ctx, "named", "abcd")
			if err != nil {
				return nil, err
			}
			unnamed, err := runner.All(ctx, Length.Go(ctx, "", "ab"), Length.Go(ctx, "", "abc"))
			if err != nil {
				return nil, err
			}
			_, err = Length.Do(ctx, "", "")
			if !errors.Is(err, errEmpty) {
				return nil, fmt.Errorf("the child's failure is lost: %w", err)
			}
			return append(unnamed, named), nil
		}, length)
		require.NoError(t, err)
		require.Equal(t, []int{2, 3, 4}, got)
	})
}

const errEmpty runner.Failure = "empty"

func TestChildWithATakenID(t *testing.T) {
	length := Length.Bind(func(ctx *runner.Context, s string) (int, error) { return len(s), ctx.Sleep(time.Hour) })
	onStores(t, func(t *testing.T, store journal.Store) {
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			first := Length.Go(ctx, "child", "abc")
			if err := ctx.Sleep(time.Minute); err != nil {
				return 0, err
			}
			if n, err := Length.Do(ctx, "child", "ab"); !errors.Is(err, runner.ErrExists) {
				return n, fmt.Errorf("a second child of one id: %w", err)
			}
			return first.Get(ctx)
		}, length)
		require.NoError(t, err)
	})
}

func TestInputOfAnotherShapeIsRefused(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Sum.Bind(sum), Double.Bind(double))
		for _, raw := range []string{`"text"`, `[1,"two"]`, `{`, `[1] [2]`, "[1, \"\xff\"]"} {
			_, err := r.StartRun(t.Context(), runner.StartRequest{Workflow: "sum", Input: json.RawMessage(raw)})
			var wrong *runner.PayloadError
			require.ErrorAs(t, err, &wrong, raw)
			require.Equal(t, `workflow "sum"`, wrong.Of)
			require.Equal(t, "input", wrong.Part)
		}
		_, err := r.StartRun(t.Context(), runner.StartRequest{Workflow: "product"})
		require.ErrorIs(t, err, runner.ErrUnknownWorkflow)
		_, err = Double.Bind(double).Activity(t.Context(), json.RawMessage(`"text"`))
		require.ErrorContains(t, err, `activity "double": input is no int`)

		runs, err := store.Runs(t.Context(), journal.Filter{})
		require.NoError(t, err)
		require.Empty(t, runs)
	})
}

func TestRawInputIsCompacted(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Sum.Bind(sum), Double.Bind(double))
		s, err := r.StartRun(t.Context(), runner.StartRequest{Workflow: "sum", Input: json.RawMessage(" [ 1,\n 2 ] ")})
		require.NoError(t, err)
		out, err := r.RunResult(t.Context(), s.ULID)
		require.NoError(t, err)
		require.Equal(t, "6", string(out))
		events, err := store.History(t.Context(), s.Key, 0, 1)
		require.NoError(t, err)
		require.Equal(t, "[1,2]", string(events[0].Data))
	})
}

func TestUnencodableValues(t *testing.T) {
	const Odd runner.Activity[func(), func()] = "odd"
	odd := Odd.Bind(func(context.Context, func()) (func(), error) { return func() {}, nil })
	const Result runner.Activity[int, chan int] = "result"
	tries := 0
	result := Result.Bind(func(context.Context, int) (chan int, error) { tries++; return make(chan int), nil })
	onStores(t, func(t *testing.T, store journal.Store) {
		tries = 0
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			_, err := Odd.Do(ctx, func() {})
			var wrong *runner.PayloadError
			if !errors.As(err, &wrong) || wrong.Part != "input" {
				return 0, fmt.Errorf("input: %w", err)
			}
			_, err = Result.Do(ctx, 1)
			return 0, err
		}, odd, result)
		require.ErrorContains(t, err, `activity "result": result is no chan int`)
		require.Equal(t, 1, tries, "another attempt would not help")
	})
}
