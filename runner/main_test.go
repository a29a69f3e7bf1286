package runner_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
	"github.com/seed139febb4/durable/sqlite"
)

// onStores runs a test on a journal in memory and on one in SQLite, each in a
// bubble where time passes by itself.
func onStores(t *testing.T, test func(t *testing.T, store journal.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, journal.NewMemory().Open()) })
	})
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir() // made by the test outside, which also removes it
		synctest.Test(t, func(t *testing.T) { test(t, openSQLite(t, dir)) })
	})
}

func openSQLite(t *testing.T, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(dir, "test.db"), sqlite.Exclusive)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// serve runs the bindings on the store until the test or stop ends it.
func serve(t *testing.T, store journal.Store, bindings ...runner.Binding) (r *runner.Runner, stop func()) {
	t.Helper()
	r, err := runner.New(store, bindings...)
	require.NoError(t, err)
	return r, runnertest.Serve(t, r)
}

// run runs fn as a workflow to its end.
func run[Out any](t *testing.T, store journal.Store, fn func(*runner.Context) (Out, error), bindings ...runner.Binding) (Out, error) {
	t.Helper()
	const Main runner.Workflow[struct{}, Out] = "main"
	main := Main.Bind(func(ctx *runner.Context, _ struct{}) (Out, error) { return fn(ctx) })
	r, stop := serve(t, store, append(bindings, main)...)
	defer stop()
	h, err := Main.Start(t.Context(), r, "", struct{}{})
	require.NoError(t, err)
	return h.Wait(t.Context())
}

// Double is the activity that most tests use.
const Double runner.Activity[int, int] = "double"

func double(_ context.Context, n int) (int, error) { return 2 * n, nil }
