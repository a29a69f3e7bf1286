package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// harness is a journal on disk, for the suites of package journaltest.
func harness(t testing.TB, options ...Option) journaltest.Harness {
	path := filepath.Join(t.TempDir(), "test.db")
	return journaltest.Harness{
		Open: func(t testing.TB) journal.Store {
			db, err := Open(path, options...)
			require.NoError(t, err)
			return db
		},
		Kill: func(s journal.Store) { kill(s.(*DB)) },
		Lose: func(s journal.Store) {
			require.NoError(t, os.Remove(lockFile(s.(*DB))))
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel() // most of the time it waits for the disk
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		journaltest.Exercise(t, func(t *testing.T) journaltest.Harness { return harness(t) })
	})
	if testing.Short() {
		return // the rest differs in what there is no other process for
	}
	t.Run("exclusive", func(t *testing.T) {
		t.Parallel()
		journaltest.Exercise(t, func(t *testing.T) journaltest.Harness {
			h := harness(t, Exclusive)
			h.Alone = true
			return h
		})
	})
}

func TestSameAsMemory(t *testing.T) {
	t.Parallel()
	steps := min(*opsFlag, 1000) // later ones take longer
	for i := range *opsFlag / steps {
		seed := *seedFlag + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := journal.NewMemory()
			memory := journaltest.Harness{
				Open: func(testing.TB) journal.Store { return m.Open() },
				Kill: func(s journal.Store) { s.(*journal.MemoryStore).Kill() },
			}
			journaltest.Compare(t, seed, steps, memory, harness(t))
		})
	}
}
