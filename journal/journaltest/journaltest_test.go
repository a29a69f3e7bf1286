package journaltest_test

import (
	"fmt"
	"os"
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
		Lose: func(s journal.Store) { s.(*journal.MemoryStore).Lose() },
	}
}

// exercised is memory, or what TestSabotage has made of it.
func exercised() journaltest.Harness {
	h := memory()
	spoil := sabotages[os.Getenv(sabotage)]
	if spoil == nil {
		return h
	}
	return journaltest.Harness{
		Open: func(t testing.TB) journal.Store { return spoil(h.Open(t).(*journal.MemoryStore)) },
		Kill: func(s journal.Store) { s.(interface{ Kill() }).Kill() },
	}
}

func TestMemory(t *testing.T) {
	journaltest.Exercise(t, func(*testing.T) journaltest.Harness { return exercised() })
}

// The in-memory store agrees with itself: it is deterministic.
func TestCompare(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			journaltest.Compare(t, seed, 1500, memory(), exercised())
		})
	}
}
