package journaltest_test

import (
	"fmt"
	"testing"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// memory is the harness of the in-memory store.
func memory() journaltest.Harness {
	m := journal.NewMemory()
	return journaltest.Harness{
		Open: func(testing.TB) journal.Store { return m.Open() },
		Kill: func(s journal.Store) { s.(*journal.MemoryStore).Kill() },
	}
}

func TestMemory(t *testing.T) {
	journaltest.Exercise(t, func(*testing.T) journaltest.Harness { return memory() })
}

// TestCompare has the in-memory store agree with itself: it is deterministic.
func TestCompare(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			journaltest.Compare(t, seed, 2000, memory(), memory())
		})
	}
}
