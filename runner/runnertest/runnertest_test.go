package runnertest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
)

const Remind runner.Workflow[string, string] = "remind"

func remind(ctx *runner.Context, text string) (string, error) {
	err := ctx.Sleep(time.Hour)
	return "remember: " + text, err
}

func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runnertest.Start(t, Remind.Bind(remind))
		h, err := Remind.Start(t.Context(), r, "", "milk")
		require.NoError(t, err)
		text, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "remember: milk", text)
	})
}

func TestServeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := journal.NewMemory().Open()
		life := func() (*runner.Runner, func()) {
			r, err := runner.New(store, Remind.Bind(remind))
			require.NoError(t, err)
			return r, runnertest.Serve(t, r)
		}
		r, stop := life()
		_, err := Remind.Start(t.Context(), r, "r", "milk")
		require.NoError(t, err)
		stop()
		stop() // once is enough
		r, _ = life()
		text, err := Remind.Handle(r, "r").Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "remember: milk", text)
	})
}

// A recorder is a test that is allowed to fail.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper()           {}
func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}

func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := journal.NewMemory()
		store := disk.Open()
		r, err := runner.New(store, Remind.Bind(remind))
		require.NoError(t, err)
		h, err := Remind.Start(t.Context(), r, "", "milk")
		require.NoError(t, err)
		require.NoError(t, r.Drain(t.Context()))

		whole := &recorder{TB: t}
		runnertest.Check(whole, store)
		require.Empty(t, whole.errors)

		require.True(t, disk.Corrupt(h.Key, 1, func(e *journal.Event) { e.Data = []byte(`"beer"`) }))
		damaged := &recorder{TB: t}
		runnertest.Check(damaged, store)
		require.NotEmpty(t, damaged.errors)

		require.NoError(t, store.Close())
		closed := &recorder{TB: t}
		runnertest.Check(closed, store)
		require.Len(t, closed.errors, 1)
		require.Contains(t, closed.errors[0], "check the journal")
	})
}
