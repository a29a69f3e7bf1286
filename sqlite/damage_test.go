package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestFlippedBits changes one bit of a file at a time. Whatever a history then
// says that differs from what was written must be reported by somebody: by
// Open, by a read, by the checksums, or by Integrity.
func TestFlippedBits(t *testing.T) {
	const images = 150
	path := filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	require.NoError(t, db.Join(t.Context(), silent{}))
	var keys []int64
	for range 20 {
		s := begin(t, db, activity(1), timer(2, dawn))
		commit(t, db, s.next(completed(1), activity(3)), signal(s.key, "k"))
		keys = append(keys, s.key)
	}
	intact := histories(t, db, keys)
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)

	r := rand.New(rand.NewPCG(1, 2))
	differed := 0
	for range images {
		bit := r.IntN(len(content) * 8)
		content[bit/8] ^= 1 << (bit % 8)
		damaged := filepath.Join(t.TempDir(), "test.db")
		write(t, damaged, content)
		content[bit/8] ^= 1 << (bit % 8)
		db, err := Open(damaged, Exclusive)
		if err != nil {
			continue // it was reported
		}
		if !reflect.DeepEqual(histories(t, db, keys), intact) {
			differed++
			require.True(t, reported(t, db), "bit %d: a history differs, and nobody says so", bit)
		}
		require.NoError(t, db.Close())
	}
	require.NotZero(t, differed, "no flipped bit was in a history")
}

// histories reads what can be read; nil stands for a history that cannot.
func histories(t *testing.T, db *DB, keys []int64) [][]journal.Event {
	var all [][]journal.Event
	for _, key := range keys {
		h, err := db.History(t.Context(), key, 0, 0)
		if err != nil {
			h = nil
		}
		all = append(all, h)
	}
	return all
}

func reported(t *testing.T, db *DB) bool {
	for _, err := range journal.Check(t.Context(), db) {
		_ = err // a violation, or an error that names the damage
		return true
	}
	problems, err := db.Integrity(t.Context())
	return err != nil || len(problems) > 0
}

// FuzzMark decodes what may stand in a lock file.
func FuzzMark(f *testing.F) {
	m := mark{run: 1, seq: 2, sum: 3, message: 4}
	f.Add(m.encode(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := decodeMark(b); ok {
			require.Equal(t, b, m.encode(nil))
		}
	})
}

// FuzzHeader judges what may stand at the beginning of a file.
func FuzzHeader(f *testing.F) {
	f.Add(make([]byte, 100))
	f.Add(append([]byte("SQLite format 3\x00"), make([]byte, 84)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x")
		write(t, path, b)
		if inspect(path) == nil {
			require.True(t, len(b) == 0 || string(b[:6]) == "SQLite")
		}
	})
}
