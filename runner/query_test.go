package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

const (
	Phases runner.Workflow[struct{}, struct{}] = "phases"
	Phase  runner.Query[string]                = "phase"
	Other  runner.Query[int]                   = "other"
)

func phases(ctx *runner.Context, _ struct{}) (none struct{}, err error) {
	phase := "before"
	Phase.Answer(ctx, func() string { return phase })
	err = ctx.Sleep(time.Hour)
	phase = "after"
	return none, err
}

func TestQuery(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, stop := serve(t, store, Phases.Bind(phases, Phase))
		h, err := Phases.Start(t.Context(), r, "p", struct{}{})
		require.NoError(t, err)
		ask := func(want string) {
			t.Helper()
			phase, err := Phase.Ask(t.Context(), r, "p")
			require.NoError(t, err)
			require.Equal(t, want, phase)
		}
		ask("before")
		_, err = Other.Ask(t.Context(), r, "p")
		require.ErrorIs(t, err, runner.ErrUnknownQuery)
		require.ErrorContains(t, err, "phase", "it lists what the run answers")
		_, err = Phase.Ask(t.Context(), r, "q")
		require.ErrorIs(t, err, runner.ErrNoRun)

		_, err = h.Wait(t.Context())
		require.NoError(t, err)
		ask("after")
		stop()
		ask("after")
	})
}
