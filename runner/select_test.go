package runner_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

func TestSelect(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		got, err := run(t, store, func(ctx *runner.Context) (order []string, err error) {
			short, long, told := ctx.After(time.Minute), ctx.After(time.Hour), Tell.Inbox(ctx)
			var off *runner.Future[int]
			for _, cases := range [][]runner.Case{{told, long, short}, {told, off, long}, {long, short}, {nil, short, long}} {
				won, err := runner.Select(ctx, cases...)
				if err != nil {
					return nil, err
				}
				switch won {
				case short:
					order = append(order, "short")
				case long:
					order = append(order, "long")
				}
			}
			return order, nil
		})
		require.NoError(t, err)
		require.Equal(t, []string{"short", "long", "long", "short"}, got)
	})
}

func TestSelectOfNothing(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			_, err := runner.Select(ctx)
			return 0, err
		})
		require.ErrorContains(t, err, "nothing to wait for")
	})
}

func TestCancelOutranksReadiness(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			scope, cancel := ctx.WithCancel()
			done := ctx.After(0)
			if _, err := done.Get(ctx); err != nil {
				return 0, err
			}
			cancel()
			_, selected := runner.Select(scope, done)
			_, got := done.Get(scope)
			_, received := Tell.Receive(scope)
			for _, err := range []error{selected, got, received, scope.Err(), scope.Sleep(time.Hour)} {
				if !errors.Is(err, runner.ErrCanceled) {
					return 0, fmt.Errorf("in a canceled scope: %w", err)
				}
			}
			return 0, ctx.Err()
		})
		require.NoError(t, err)
	})
}

func TestEach(t *testing.T) {
	after := func(ctx *runner.Context, d time.Duration) *runner.Future[struct{}] {
		return ctx.Go(func(ctx *runner.Context) error { return ctx.Sleep(d) })
	}
	onStores(t, func(t *testing.T, store journal.Store) {
		got, err := run(t, store, func(ctx *runner.Context) (order []int, err error) {
			for i, f := range runner.Each(ctx, after(ctx, 3), after(ctx, 1), after(ctx, 2)) {
				if _, err := f.Get(ctx); err != nil {
					return nil, err
				}
				order = append(order, i)
			}
			for i := range runner.Each(ctx, after(ctx, 9), after(ctx, 8)) {
				order = append(order, 10+i)
				break
			}
			for range runner.Each[int](ctx) {
				order = append(order, -1)
			}
			return order, nil
		})
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 0, 11}, got)
	})
}

func TestEachDoesNotFallThrough(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		got, err := run(t, store, func(ctx *runner.Context) (errs []string, err error) {
			scope, cancel := ctx.WithTimeout(time.Minute)
			defer cancel()
			for i, f := range runner.Each(scope, ctx.After(time.Hour), ctx.After(time.Second), ctx.After(time.Hour)) {
				_, err := f.Get(scope)
				errs = append(errs, fmt.Sprint(i, " ", err))
			}
			return errs, nil
		})
		require.NoError(t, err)
		require.Equal(t, []string{"1 <nil>", "0 timer: timed out", "2 timer: timed out"}, got)
	})
}

func TestAllStopsAtTheFirstError(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		begin := time.Now()
		_, err := run(t, store, func(ctx *runner.Context) ([]struct{}, error) {
			fail := ctx.Go(func(ctx *runner.Context) error { return errEmpty })
			wait := ctx.Go(func(ctx *runner.Context) error { return ctx.Sleep(time.Hour) })
			return runner.All(ctx, fail, wait)
		})
		require.ErrorIs(t, err, errEmpty)
		require.Equal(t, begin, time.Now())
	})
}
