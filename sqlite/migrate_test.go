package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// lengthen adds a layout for the rest of the test.
func lengthen(t *testing.T, sql string) {
	before := migrations
	migrations = append(before[:len(before):len(before)], sql)
	t.Cleanup(func() { migrations = before })
}

// old is a file of the present layout, with one run.
func old(t *testing.T) (path string, key int64) {
	path = filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	require.NoError(t, db.Join(t.Context(), silent{}))
	s := begin(t, db, activity(1))
	require.NoError(t, db.Close())
	return path, s.key
}

func copies(t *testing.T, path string) []string {
	all, err := filepath.Glob(path + ".layout*")
	require.NoError(t, err)
	return all
}

func TestMigrate(t *testing.T) {
	t.Run("an older file", func(t *testing.T) {
		path, key := old(t)
		lengthen(t, "ALTER TABLE runs ADD COLUMN more TEXT; CREATE TABLE extra (x) STRICT;")
		if _, err := Open(path); err == nil {
			t.Fatal("STRICT tables need types: that migration cannot have worked")
		}
		require.Len(t, copies(t, path), 1, "a copy was made first")
		lengthen(t, "")
		migrations[len(migrations)-2] = "ALTER TABLE runs ADD COLUMN more TEXT"
		db := reopen(t, path)
		v, err := db.writer.conn.version()
		require.NoError(t, err)
		require.Equal(t, layout(), v)
		run, err := db.Run(t.Context(), journal.Ref{Key: key})
		require.NoError(t, err)
		require.Equal(t, int64(1), run.LastSeq)
		journaltest.Verify(t, db)
	})
	t.Run("not while somebody works", func(t *testing.T) {
		path, _ := old(t)
		db := reopen(t, path)
		require.NoError(t, db.Join(t.Context(), silent{}))
		lengthen(t, "CREATE TABLE extra (x INTEGER) STRICT")
		_, err := Open(path)
		require.ErrorIs(t, err, journal.ErrHeld)
		require.Empty(t, copies(t, path))
	})
	t.Run("under an open handle", func(t *testing.T) {
		path, key := old(t)
		db := reopen(t, path)
		commit(t, db, signal(key, ""))
		lengthen(t, "CREATE TABLE extra (x INTEGER) STRICT")
		newer := reopen(t, path)
		migrations = migrations[:len(migrations)-1]
		require.ErrorIs(t, db.Commit(signal(key, "")), journal.ErrNewer)
		require.ErrorIs(t, db.Commit(signal(key, "")), journal.ErrBroken)
		messages, err := newer.Inbox(t.Context(), key, 0)
		require.NoError(t, err)
		require.Len(t, messages, 1)
	})
}

// TestViews reads what the shell shows.
func TestViews(t *testing.T) {
	db := openNew(t)
	s := begin(t, db, timer(1, dawn), activity(2))
	read := func(query string) (all [][]any) {
		require.NoError(t, db.read(bg, "view", func(r *reader) error {
			return r.query(bg, query, func(r row) error {
				all = append(all, values(r))
				return nil
			})
		}))
		return all
	}
	require.Equal(t, [][]any{{s.key, int64(1), "2026-01-02T03:04:06.000Z", "run.started", `{"n":1}`}}, read("SELECT run, seq, at, kind, data FROM history"))
	require.Equal(t, [][]any{
		{int64(1), "timer", "2026-01-02T03:04:05.000000006Z", nil},
		{int64(2), "activity", nil, "1"},
	}, read("SELECT op, do, due, data FROM operations"))
	require.Equal(t, [][]any{{"w", "open", "running", "2026-01-02T03:04:05.000Z", nil, int64(1), int64(0)}},
		read("SELECT workflow, status, phase, created, ended, events, inbox FROM overview"))
}
