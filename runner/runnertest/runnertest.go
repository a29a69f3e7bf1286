// Package runnertest runs workflows in tests.
//
// Call [Start], and the workflows run until the test ends. Inside
// testing/synctest time then passes by itself, so that a workflow that sleeps
// for a month is tested at once:
//
//	synctest.Test(t, func(t *testing.T) {
//		r := runnertest.Start(t, Reminder.Bind(reminder))
//		h, err := Reminder.Start(t.Context(), r, "", Input{…})
//		…
//		out, err := h.Wait(t.Context())
//		…
//	})
//
// When the test ends the invariants of the journal are checked, and a test that
// left it in a state that must not be fails.
package runnertest

import (
	"context"
	"sync"
	"testing"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// Start returns a Runner that runs the bindings on a journal in memory until the
// test ends. It has no transactional steps: for those make a Runner on a SQLite
// file, opened exclusively, and call [Serve].
func Start(tb testing.TB, bindings ...runner.Binding) *runner.Runner {
	tb.Helper()
	store := journal.NewMemory().Open()
	tb.Cleanup(func() { _ = store.Close() }) // after the cleanup of Serve
	r, err := runner.New(store, bindings...)
	if err != nil {
		tb.Fatal(err)
	}
	Serve(tb, r)
	return r
}

// Serve runs r until stop is called or the test ends, and then checks its
// journal. stop suspends the workflows, as Ctrl-C does; another Runner on the
// same store carries on.
func Serve(tb testing.TB, r *runner.Runner) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- r.Run(ctx) }()
	select {
	case <-r.Ready():
	case err := <-gone:
		cancel()
		tb.Fatalf("run the workflows: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-gone; err != nil {
			tb.Errorf("run the workflows: %v", err)
		}
		Check(tb, r.Store())
	})
	tb.Cleanup(stop)
	return stop
}

// Check fails the test for each invariant that the journal violates.
func Check(tb testing.TB, store journal.Store) {
	tb.Helper()
	for violation, err := range journal.Check(context.Background(), store) {
		if err != nil {
			tb.Errorf("check the journal: %v", err)
			return
		}
		tb.Error(violation)
	}
}
