package journaltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A tester is one case under way.
type tester struct {
	testing.TB
	why     string
	harness Harness
	store   journal.Store // a first handle, joined
	handles []journal.Store
	ulids   int
}

var bg = context.Background()

// dawn is when every test begins. Nanoseconds, because they must survive.
var dawn = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// failf ends the case; it names the rule that was broken.
func (t *tester) failf(format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\nthe rule: %s", fmt.Sprintf(format, args...), t.why)
}

// open returns a further handle, joined if the store is shared.
func (t *tester) open() journal.Store {
	t.Helper()
	s := t.harness.Open(t)
	t.handles = append(t.handles, s)
	t.Cleanup(func() {
		if slices.Contains(t.handles, s) {
			t.noError(s.Close())
		}
	})
	t.join(s)
	return s
}

func (t *tester) join(s journal.Store) {
	t.Helper()
	if shared, ok := s.(journal.Shared); ok {
		t.noError(shared.Join(bg, silent{}))
	}
}

func (t *tester) kill(s journal.Store) {
	t.harness.Kill(s)
	t.handles = slices.DeleteFunc(t.handles, func(o journal.Store) bool { return o == s })
}

// survivor is a handle that still lives.
func (t *tester) survivor() journal.Store {
	if len(t.handles) == 0 {
		return t.open()
	}
	return t.handles[0]
}

// silent is a peer that has nothing to say.
type silent struct{}

func (silent) Nudged(int64)                                   {}
func (silent) Died()                                          {}
func (silent) Called(context.Context, []byte) ([]byte, error) { return nil, nil }

func (t *tester) ulid() string {
	t.ulids++
	return fmt.Sprintf("01K%023d", t.ulids)
}

func (t *tester) noError(err error) {
	t.Helper()
	if err != nil {
		t.failf("unexpected error: %v", err)
	}
}

// commit commits, and demands that every write is carried out.
func (t *tester) commit(s journal.Store, writes ...journal.Write) {
	t.Helper()
	t.noError(s.Commit(writes...))
	for i, w := range writes {
		if err := w.Refused(); err != nil {
			t.failf("write %d, a %T, was refused: %v", i, w, err)
		}
	}
}

// refused commits one write, and demands that it is refused with want and has
// changed nothing that can be seen.
func (t *tester) refused(s journal.Store, want error, w journal.Write) {
	t.Helper()
	before := t.snapshot(s)
	t.noError(s.Commit(w))
	t.isRefused(w, want)
	t.same("the journal after a refused write", t.snapshot(s), before)
}

func (t *tester) isRefused(w journal.Write, want error) {
	t.Helper()
	if err := w.Refused(); !errors.Is(err, want) {
		t.failf("a %T should be refused with %q, and is with: %v", w, want, err)
	}
}

// same demands that two values are deeply equal.
func (t *tester) same(what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.failf("%s:\n got %s\nwant %s", what, show(got), show(want))
	}
}

// show prints what a person can compare.
func show(v any) string {
	if b, err := json.Marshal(v); err == nil {
		return string(b)
	}
	return fmt.Sprintf("%+v", v)
}

func (t *tester) must(ok bool, format string, args ...any) {
	t.Helper()
	if !ok {
		t.failf(format, args...)
	}
}

func (t *tester) run(s journal.Store, key int64) journal.Run {
	t.Helper()
	r, err := s.Run(bg, journal.Ref{Key: key})
	t.noError(err)
	return r
}

func (t *tester) history(s journal.Store, key int64) []journal.Event {
	t.Helper()
	es, err := s.History(bg, key, 0, 0)
	t.noError(err)
	return es
}

func (t *tester) inbox(s journal.Store, key int64) []journal.Message {
	t.Helper()
	ms, err := s.Inbox(bg, key, 0)
	t.noError(err)
	return ms
}

func (t *tester) details(s journal.Store, key int64) journal.Details {
	t.Helper()
	d, err := s.Details(bg, key)
	t.noError(err)
	return d
}

func (t *tester) snapshot(s journal.Store) []snapshot {
	t.Helper()
	all, err := snapshots(s)
	t.noError(err)
	return all
}

// limit ends a test that has failed; it measures nothing.
const limit = time.Minute

// await waits for something that a store does on its own.
func await[T any](t *tester, what string, c <-chan T) T {
	t.Helper()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case v := <-c:
		return v
	case <-timeout.C:
		t.failf("waited in vain for %s", what)
		panic("not reached")
	}
}
