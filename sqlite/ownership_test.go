package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// edit does what somebody with a shell might do.
func edit(t *testing.T, db *DB, statement string, args ...any) {
	t.Helper()
	require.NoError(t, db.change(func(w *writer) error {
		return w.within(func() error { return w.exec(statement, args...) })
	}))
}

// TestOwnership contradicts the record of who owns what.
func TestOwnership(t *testing.T) {
	t.Parallel()
	db := reopen(t, filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, db.Join(t.Context(), silent{}))
	open := begin(t, db, activity(1))
	closed := begin(t, db, journal.Command{Kind: journal.Complete})
	gone := reopen(t, db.path)
	require.NoError(t, gone.Join(t.Context(), silent{}))
	left := gone.self.Load()
	require.NoError(t, gone.Leave())

	for _, c := range []struct {
		name  string
		run   int64
		owner int64
		want  string
	}{
		{"nothing", open.key, db.self.Load(), ""},
		{"one that left", open.key, left, ""},
		{"nobody", open.key, left + 70, "process 72 owns it, and there never was such a process"},
		{"of a closed run, one that left", closed.key, left, "it is completed, and process 2 owns it"},
		{"of a closed run, one that lives", closed.key, db.self.Load(), "it is completed, and process 1 owns it"},
		{"of a closed run, nobody", closed.key, left + 70, "it is completed, and process 72 owns it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edit(t, db, `UPDATE runs SET owner = ? WHERE run = ?`, c.owner, c.run)
			defer edit(t, db, `UPDATE runs SET owner = NULL WHERE run = ?`, c.run)
			var found []string
			for v, err := range journal.Check(t.Context(), db) {
				require.NoError(t, err)
				found = append(found, v.Error())
			}
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1, "%v", found)
			require.Contains(t, found[0], c.want)
		})
	}
}

// TestStrays has a process whose row was removed under it, and one that has just
// left.
func TestStrays(t *testing.T) {
	t.Parallel()
	db := reopen(t, filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, db.Join(t.Context(), silent{}))
	stray := reopen(t, db.path)
	require.NoError(t, stray.Join(t.Context(), silent{}))
	edit(t, db, `DELETE FROM processes WHERE process = ?`, stray.self.Load())
	found, err := db.Ownership(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Contains(t, found[0].Error(), "is not among the processes")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.Ownership(ended)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, stray.Leave())
	found, err = db.Ownership(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
}
