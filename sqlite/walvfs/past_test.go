package walvfs_test

import (
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// TestAcknowledgedIsThere has a connection that goes past the cache and one that
// never waits for the disk write in turn, while the log begins again now and then.
// Cut the power when the first one has committed, and lose all that need not be
// there: what it has committed is, and so is what came before.
func TestAcknowledgedIsThere(t *testing.T) {
	disk, name := over(t)
	path := filepath.Join(t.TempDir(), "a.db")
	rec, err := disk.Record(path)
	require.NoError(t, err)
	t.Cleanup(disk.StopRecording)
	careful, careless := open(t, path, name), open(t, path, disk.Name())
	exec := func(db *sql.DB, query string, args ...any) {
		_, err := db.Exec(query, args...)
		require.NoError(t, err)
	}
	exec(careful, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x BLOB)")
	exec(careless, "PRAGMA synchronous = OFF")
	rng, want := rand.New(rand.NewPCG(3, 4)), map[int]int{}
	for round := range 400 {
		id := rng.IntN(20)
		want[id] = round
		db := careful
		if rng.IntN(4) == 0 {
			db = careless
		}
		size := rng.IntN(1 + rng.IntN(20_000))
		if rng.IntN(10) == 0 {
			size *= 20 // more than is gathered
		}
		exec(db, "INSERT OR REPLACE INTO t VALUES (?, ?, zeroblob(?))", id, round, size)
		if db == careful {
			cut, err := rec.Cut(rec.Len(), faultvfs.Model{}, rng, t.TempDir())
			require.NoError(t, err)
			survivor := open(t, cut, "")
			require.Equal(t, want, content(t, survivor), "round %d", round)
			require.NoError(t, survivor.Close())
		}
		if rng.IntN(8) == 0 {
			exec(careful, "PRAGMA wal_checkpoint(RESTART)")
		}
	}
}
