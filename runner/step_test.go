package runner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

func TestStep(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		const Steps runner.Workflow[int, int] = "steps"
		calls := 0
		steps := Steps.Bind(func(ctx *runner.Context, n int) (int, error) {
			got, err := runner.Step(ctx, "square", func(context.Context) (int, error) {
				calls++
				return n * n, nil
			})
			if err != nil {
				return 0, err
			}
			_, err = Tell.Receive(ctx)
			return got, err
		})
		r, stop := serve(t, store, steps)
		h, err := Steps.Start(t.Context(), r, "s", 7)
		require.NoError(t, err)
		_, err = r.AwaitRun(t.Context(), h.Key, 1)
		require.NoError(t, err)
		stop()
		r, _ = serve(t, store, steps)
		require.NoError(t, Tell.Send(t.Context(), r, "s", Note{}))
		got, err := Steps.Handle(r, "s").Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 49, got)
		require.Equal(t, 1, calls, "a recorded result is not computed again")
	})
}

func TestStepFails(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		calls := 0
		_, err := run(t, store, func(ctx *runner.Context) (int, error) {
			return runner.Step(ctx, "fail", func(context.Context) (int, error) {
				calls++
				return 0, errBad
			}, runner.Attempts(3))
		})
		require.ErrorIs(t, err, errBad)
		require.EqualError(t, err, `workflow "main": step "fail": bad`)
		require.Equal(t, 3, calls)
	})
}
