package journaltest

import (
	"context"
	"testing"

	"github.com/seed139febb4/durable/journal"
)

// A Harness is one journal, empty at first, and the way to its stores.
type Harness struct {
	// Open returns a further handle on the journal, a pointer as a rule: handles
	// are told apart by ==. What Open needs to clean up
	// it registers with t.Cleanup; the handle itself is closed by the test.
	Open func(t testing.TB) journal.Store

	// Kill ends a handle as kill -9 would end its process: without leaving, and
	// with everything that was committed. The handle is not used again, nor
	// closed. Nil if the store cannot do that; what needs it is then skipped.
	Kill func(journal.Store)

	// Lose takes away the lock of a handle that lives on. Nil if that cannot be
	// done; what needs it is then skipped.
	Lose func(journal.Store)

	// Alone says that the journal admits one handle at a time. What needs
	// another is then skipped.
	Alone bool
}

// Exercise runs the conformance suite. Each case calls fresh for a journal of
// its own, and ends with Verify.
func Exercise(t *testing.T, fresh func(t *testing.T) Harness) {
	for _, group := range [][]testCase{
		createCases, appendCases, thenCases, inboxCases, claimCases, crashCases,
		stuckCases, terminateCases, readCases, listCases, workCases, batchCases, peerCases,
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.exercise(t, fresh) })
		}
	}
}

// A testCase is one rule of the port.
type testCase struct {
	name string
	why  string // the rule, printed with a failure
	need need
	test func(*tester)
}

// A need is what a case demands of the harness.
type need int

const (
	oneHandle  need = iota
	twoHandles      // at once
	killing         // two handles, and Kill
	sharing         // two handles of a journal.Shared store
	losing          // likewise, and Lose
)

func (c *testCase) exercise(t *testing.T, fresh func(t *testing.T) Harness) {
	h := fresh(t)
	switch {
	case c.need != oneHandle && h.Alone:
		t.Skip("this journal admits one handle at a time")
	case c.need == killing && h.Kill == nil:
		t.Skip("this store cannot be killed")
	case c.need == losing && h.Lose == nil:
		t.Skip("this store's lock cannot be lost")
	}
	x := &tester{TB: t, why: c.why, harness: h}
	x.store = x.open()
	if _, shared := x.store.(journal.Shared); (c.need == sharing || c.need == losing) && !shared {
		t.Skip("this store is not shared")
	}
	c.test(x)
	Verify(t, x.survivor())
}

// Verify fails the test if journal.Check finds anything wrong.
func Verify(t testing.TB, store journal.Store) {
	t.Helper()
	for v, err := range journal.Check(context.Background(), store) {
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("broken promise: %v", v)
	}
}
