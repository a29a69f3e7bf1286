package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

func TestMark(t *testing.T) {
	t.Parallel()
	m := mark{file: ulid.MustParse("01ARZ3NDEKTSV4RRFFQ69G5FAV"), run: 1 << 40, seq: 77, sum: 1<<32 - 1, message: 12}
	b := m.encode(nil)
	require.Len(t, b, markSize)
	back, ok := decodeMark(b)
	require.True(t, ok)
	require.Equal(t, m, back)
	for i := range b {
		b[i] ^= 4
		_, ok := decodeMark(b)
		require.False(t, ok, "byte %d", i)
		b[i] ^= 4
	}
	for _, short := range [][]byte{nil, b[:markSize-1], append(b[:markSize:markSize], 0)} {
		_, ok := decodeMark(short)
		require.False(t, ok)
	}
}

// TestLoss takes away what a process had acknowledged before it died.
func TestLoss(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		last func(*story) journal.Write
		what string
	}{
		{"an event", func(s *story) journal.Write { return s.next(completed(1)) }, "event 2 of run 1 is missing"},
		{"a message", func(s *story) journal.Write { return signal(s.key, "") }, "message 2 is missing"},
		{"the end of a run", func(s *story) journal.Write { return &journal.Terminate{Run: s.key, At: dawn} }, "event 2 of run 1 is missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			db := reopen(t, path)
			require.NoError(t, db.Join(t.Context(), silent{}))
			s := begin(t, db, activity(1))
			commit(t, db, signal(s.key, ""))
			old := files(t, path)
			commit(t, db, c.last(s))
			dieWith(t, db)
			for name, content := range old {
				write(t, name, content)
			}

			after := reopen(t, path)
			require.Len(t, after.Lost(), 1)
			require.ErrorContains(t, errorOf(after.Lost()[0].String()), c.what)
			problems, err := after.Integrity(t.Context())
			require.NoError(t, err)
			require.Len(t, problems, 1)
			require.NoError(t, after.Close())
			after = reopen(t, path)
			require.Len(t, after.Lost(), 1, "it is still missing")
			require.NoError(t, after.AcceptLoss())
			require.Empty(t, after.Lost())
			require.NoError(t, after.Close())
			after = reopen(t, path)
			require.Empty(t, after.Lost())
		})
	}
	t.Run("nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		db := reopen(t, path)
		require.NoError(t, db.Join(t.Context(), silent{}))
		s := begin(t, db, activity(1))
		commit(t, db, signal(s.key, ""), s.next(completed(1)))
		dieWith(t, db)
		require.Empty(t, reopen(t, path).Lost())
	})
	t.Run("another file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		db := reopen(t, path)
		require.NoError(t, db.Join(t.Context(), silent{}))
		begin(t, db, activity(1))
		dieWith(t, db)
		require.NoError(t, os.Remove(path))
		require.Empty(t, reopen(t, path).Lost())
	})
}

// files reads the file and its log, as they are on disk now.
func files(t *testing.T, path string) map[string][]byte {
	all := map[string][]byte{}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		all[name] = b
	}
	return all
}

// dieWith closes the handle as it is, but leaves its lock file and mark behind,
// as kill -9 does.
func dieWith(t *testing.T, db *DB) {
	lock := lockFile(db)
	content, err := os.ReadFile(lock)
	require.NoError(t, err)
	kill(db)
	require.NoError(t, os.MkdirAll(filepath.Dir(lock), 0o700))
	require.NoError(t, os.WriteFile(lock, content, 0o600))
}

type errorOf string

func (e errorOf) Error() string { return string(e) }
