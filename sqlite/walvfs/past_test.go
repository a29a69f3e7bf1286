package walvfs_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
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
		size := rng.IntN(100)
		switch rng.IntN(10) {
		case 0:
			size *= 4000 // more than is gathered
		case 1, 2:
			size *= 200
		}
		exec(db, "INSERT OR REPLACE INTO t VALUES (?, ?, zeroblob(?))", id, round, size)
		if db == careful {
			cut, err := rec.Cut(rec.Len(), faultvfs.Model{}, rng, t.TempDir())
			require.NoError(t, err)
			survivor := open(t, cut, "")
			require.Equal(t, want, content(t, survivor), "round %d", round)
			require.NoError(t, survivor.Close())
		}
		if rng.IntN(3) == 0 {
			exec(careful, "PRAGMA wal_checkpoint(RESTART)")
		}
	}
}

// TestTailOfRollback has a transaction that is rolled back write frames to the log, and
// then another connection commit as many: what the first one commits next must not
// be written over them. Nor if it has committed nothing between, which is a commit, too.
func TestTailOfRollback(t *testing.T) {
	_, name := over(t)
	path := filepath.Join(t.TempDir(), "a.db")
	layered, plain := open(t, path, name), open(t, path, "")
	exec := func(db execer, query string, args ...any) {
		_, err := db.Exec(query, args...)
		require.NoError(t, err)
	}
	exec(layered, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x BLOB)")
	want := map[int]int{}
	for i := range 40 {
		exec(layered, "INSERT INTO t VALUES (?, 0, randomblob(3900))", i)
		want[i] = 0
	}
	for commits := 1; commits < 40; commits++ {
		tx, err := layered.Begin()
		require.NoError(t, err)
		exec(tx, "UPDATE t SET n = -1 WHERE id < 25") // more than the cache holds
		var sum int
		require.NoError(t, tx.QueryRow("SELECT sum(n) FROM t").Scan(&sum)) // what waits is written
		require.NoError(t, tx.Rollback())
		exec(layered, "BEGIN IMMEDIATE; COMMIT")
		for i := range commits {
			id, n := 25+i%14, 100*commits+i // other pages
			exec(plain, "UPDATE t SET n = ? WHERE id = ?", n, id)
			want[id] = n
		}
		exec(layered, "UPDATE t SET n = ? WHERE id = 39", -commits)
		want[39] = -commits
		require.Equal(t, want, content(t, open(t, path, "")), "after %d commits", commits)
		var verdict string
		require.NoError(t, plain.QueryRow("PRAGMA integrity_check").Scan(&verdict))
		require.Equal(t, "ok", verdict)
		require.Equal(t, want, content(t, open(t, crashed(t, path), "")), "after %d commits", commits)
	}
}

type execer interface {
	Exec(query string, args ...any) (sql.Result, error)
}

// crashed is a copy of a database and its log.
func crashed(t *testing.T, path string) string {
	to := filepath.Join(t.TempDir(), "b.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to+suffix, b, 0o600))
	}
	return to
}
