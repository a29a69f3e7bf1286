package runner_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
)

func TestNewRefuses(t *testing.T) {
	store := journal.NewMemory().Open()
	for _, c := range []struct {
		name     string
		bindings []runner.Binding
		says     string
	}{
		{"two of one name", []runner.Binding{Double.Bind(double), Double.Bind(double)}, "double"},
		{"a workflow and an activity of one name", []runner.Binding{runner.Workflow[[]int, int]("double").Bind(sum), Double.Bind(double)}, "double"},
		{"no name", []runner.Binding{runner.Activity[int, int]("").Bind(double)}, "name"},
		{"no function", []runner.Binding{{}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := runner.New(store, c.bindings...)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, r)
		})
	}
}

func TestBindings(t *testing.T) {
	bindings := []runner.Binding{Collect.Bind(collect, Tell, Phase), Double.Bind(double, runner.Attempts(2)), Insert.Bind(insert, names)}
	r, err := runner.New(journal.NewMemory().Open(), bindings...)
	require.NoError(t, err)
	var kinds []string
	for _, b := range r.Bindings() {
		kinds = append(kinds, b.Kind()+" "+b.Name+" "+b.In.String()+" "+b.Out.String())
	}
	require.Equal(t, []string{"workflow collect int []runner_test.Got", "activity double int int", "transaction insert string int64"}, kinds)
	accepts := r.Bindings()[0].Accepts
	require.Len(t, accepts, 2)
	require.Equal(t, "tell", accepts[0].Name)
	require.False(t, accepts[0].Query)
	require.NoError(t, accepts[0].Check([]byte(`{"text":"x"}`)))
	require.Error(t, accepts[0].Check([]byte(`"x"`)))
	require.Equal(t, "phase", accepts[1].Name)
	require.True(t, accepts[1].Query)
	require.Equal(t, 2, r.Bindings()[1].Options.Attempts)
	require.Equal(t, []string{string(names)}, r.Bindings()[2].Schema)
}

func TestDrain(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, err := runner.New(store, Sum.Bind(sum), Double.Bind(double), Phases.Bind(phases, Phase))
		require.NoError(t, err)
		done, err := Sum.Start(t.Context(), r, "", []int{1, 2})
		require.NoError(t, err)
		waits, err := Phases.Start(t.Context(), r, "", struct{}{})
		require.NoError(t, err)

		begin := time.Now()
		require.NoError(t, r.Drain(t.Context()))
		require.Equal(t, begin, time.Now(), "it does not wait for timers")
		row, err := r.Find(t.Context(), done.ULID)
		require.NoError(t, err)
		require.Equal(t, journal.StatusCompleted, row.Status)
		row, err = r.Find(t.Context(), waits.ULID)
		require.NoError(t, err)
		require.Equal(t, journal.StatusOpen, row.Status)
		require.Equal(t, journal.Waiting, row.Phase)
	})
}

func TestPayloadLimit(t *testing.T) {
	const Grow runner.Activity[int, string] = "grow"
	grow := Grow.Bind(func(_ context.Context, n int) (string, error) { return strings.Repeat("x", n), nil })
	const Big runner.Workflow[string, string] = "big"
	big := Big.Bind(func(ctx *runner.Context, _ string) (string, error) { return Grow.Do(ctx, 2000) })
	onStores(t, func(t *testing.T, store journal.Store) {
		r, err := runner.New(store, big, grow)
		require.NoError(t, err)
		r.MaxPayload = 1000
		_, err = Big.Start(t.Context(), r, "", strings.Repeat("x", 2000))
		require.ErrorIs(t, err, runner.ErrTooLarge)
		h, err := Big.Start(t.Context(), r, "", "x")
		require.NoError(t, err)
		require.NoError(t, r.Drain(t.Context()))
		_, err = h.Wait(t.Context())
		require.ErrorIs(t, err, runner.ErrTooLarge)
		require.ErrorContains(t, err, "grow")
	})
}

func TestConcurrency(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		now, most := 0, 0
		entered := make(chan int)
		slow := Double.Bind(func(ctx context.Context, n int) (int, error) {
			entered <- 1
			defer func() { entered <- -1 }()
			select {
			case <-time.After(time.Minute):
				return n, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		go func() {
			for range 10 {
				now += <-entered
				most = max(most, now)
			}
			close(entered)
		}()
		r, err := runner.New(store, Sum.Bind(sum), slow)
		require.NoError(t, err)
		r.Concurrency = 2
		h, err := Sum.Start(t.Context(), r, "", []int{1, 2, 3, 4, 5})
		require.NoError(t, err)
		require.NoError(t, r.Drain(t.Context()))
		total, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 15, total)
		<-entered
		require.Equal(t, 2, most)
	})
}

func TestTerminate(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Phases.Bind(phases, Phase))
		h, err := Phases.Start(t.Context(), r, "p", struct{}{})
		require.NoError(t, err)
		require.NoError(t, r.TerminateRun(t.Context(), "p", "ada", "enough"))
		_, err = h.Wait(t.Context())
		require.ErrorIs(t, err, runner.ErrTerminated)
		require.ErrorIs(t, r.TerminateRun(t.Context(), "q", "ada", "enough"), runner.ErrNoRun)
	})
}

func TestStuckAndResumed(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		const Fragile runner.Workflow[int, int] = "fragile"
		r, stop := serve(t, store, Fragile.Bind(func(_ *runner.Context, n int) (int, error) { return 100 / n, nil }))
		h, err := Fragile.Start(t.Context(), r, "f", 0)
		require.NoError(t, err)
		_, err = h.Wait(t.Context())
		var stuck *runner.StuckError
		require.ErrorAs(t, err, &stuck)
		require.Equal(t, "panic", stuck.Problem.Kind)
		require.ErrorContains(t, err, "divide by zero")
		stop()

		t.Log("with the code mended it goes on")
		r, _ = serve(t, store, Fragile.Bind(func(_ *runner.Context, n int) (int, error) { return 100 / max(n, 1), nil }))
		require.NoError(t, r.ResumeRun(t.Context(), "f"))
		got, err := Fragile.Handle(r, "f").Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 100, got)
	})
}

func TestOnly(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		bindings := []runner.Binding{Sum.Bind(sum), Double.Bind(double)}
		other, err := runner.New(store, bindings...)
		require.NoError(t, err)
		for _, id := range []string{"left", "adopted"} {
			_, err = Sum.Start(t.Context(), other, id, []int{1})
			require.NoError(t, err)
		}

		r, err := runner.New(store, bindings...)
		require.NoError(t, err)
		r.Only = true
		_, err = Sum.Start(t.Context(), r, "own", []int{1})
		require.NoError(t, err)
		stop := runnertest.Serve(t, r)
		row, err := r.Find(t.Context(), "adopted")
		require.NoError(t, err)
		_, err = r.AdoptRun(t.Context(), row.Key)
		require.NoError(t, err)
		for _, id := range []string{"own", "adopted"} {
			_, err = Sum.Handle(r, id).Wait(t.Context())
			require.NoError(t, err)
		}
		stop()
		row, err = r.Find(t.Context(), "left")
		require.NoError(t, err)
		require.Equal(t, journal.Queued, row.Phase)
	})
}

func TestStartedRunIsNamed(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Sum.Bind(sum), Double.Bind(double))
		s, err := r.StartRun(t.Context(), runner.StartRequest{Workflow: "sum", Input: json.RawMessage("[1]"), Origin: journal.ByCommand})
		require.NoError(t, err)
		require.Equal(t, s.ULID, s.ID)
		row, err := r.Find(t.Context(), s.ULID)
		require.NoError(t, err)
		require.Equal(t, journal.ByCommand, row.Origin)
	})
}
