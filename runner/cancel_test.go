package runner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
	"github.com/seed139febb4/durable/sqlite"
)

// TestCallersGiveUp has the contexts of callers end at random moments of their
// calls. Success still means that it is on disk. An error may mean either, and
// saying the same again settles it: an id starts one run, a key sends one signal.
func TestCallersGiveUp(t *testing.T) {
	const mailbox runner.Workflow[int, int] = "mailbox"
	const letter runner.Signal[int] = "letter"
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() {
		runnertest.Check(t, db)
		require.NoError(t, db.Close())
	})
	r, err := runner.New(db, mailbox.Bind(func(ctx *runner.Context, want int) (sum int, err error) {
		for range want {
			v, err := letter.Receive(ctx)
			if err != nil {
				return sum, err
			}
			sum += v
		}
		return sum, nil
	}, letter))
	require.NoError(t, err)
	runnertest.Serve(t, r)
	<-r.Ready()

	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	briefly := func(call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(600))*time.Microsecond)
		defer cancel()
		return call(ctx)
	}
	for n := range 250 {
		id := fmt.Sprint("box-", n)
		start := func(ctx context.Context) error {
			_, err := mailbox.Start(ctx, r, id, 1)
			return err
		}
		began := briefly(start)
		row, err := db.Run(t.Context(), journal.Ref{ID: id})
		if began == nil {
			require.NoError(t, err, "%s was acknowledged", id)
		} else {
			require.ErrorIs(t, began, context.DeadlineExceeded)
			require.NoError(t, start(t.Context()))
		}
		now, err2 := db.Run(t.Context(), journal.Ref{ID: id})
		require.NoError(t, err2)
		if err == nil {
			require.Equal(t, row.Key, now.Key, "one run")
		}

		send := func(ctx context.Context) error {
			return letter.Send(ctx, r, id, n+1, runner.Key("once"))
		}
		if err := briefly(send); err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			if err := send(t.Context()); err != nil && !errors.Is(err, runner.ErrClosed) {
				require.NoError(t, err)
			}
		}
		sum, err := mailbox.Handle(r, id).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, n+1, sum, "delivered once")
	}
}
