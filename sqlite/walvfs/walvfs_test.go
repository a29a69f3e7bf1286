package walvfs_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
	"github.com/seed139febb4/durable/sqlite/walvfs"
)

// open opens a database through the VFS of that name ("": the default one) with one
// connection.
func open(t testing.TB, path, vfs string) *sql.DB {
	t.Helper()
	if vfs != "" {
		vfs = "vfs=" + vfs + "&"
	}
	db, err := sql.Open("sqlite", "file:"+path+"?"+vfs+"_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=wal_autocheckpoint(0)&_pragma=busy_timeout(5000)&_pragma=cache_size(10)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// over is the layer over a disk that counts and fails.
func over(t testing.TB) (*faultvfs.VFS, string) {
	t.Helper()
	disk, err := faultvfs.Register(t.Name())
	require.NoError(t, err)
	name, err := walvfs.Over(disk.Name())
	require.NoError(t, err)
	return disk, name
}

func TestOver(t *testing.T) {
	first, err := walvfs.Over("")
	require.NoError(t, err)
	again, err := walvfs.Over("")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = walvfs.Over("no such")
	require.ErrorContains(t, err, `over "no such"`)
}

// TestOneWrite holds what the layer is for.
func TestOneWrite(t *testing.T) {
	disk, name := over(t)
	db := open(t, filepath.Join(t.TempDir(), "a.db"), name)
	commit := func(pages int) (writes int) {
		before := disk.Calls(faultvfs.Log, faultvfs.Write)
		_, err := db.Exec("INSERT INTO t VALUES (zeroblob(?))", 4096*pages)
		require.NoError(t, err)
		return disk.Calls(faultvfs.Log, faultvfs.Write) - before
	}
	_, err := db.Exec("CREATE TABLE t (x)")
	require.NoError(t, err)
	commit(500) // the log need not become longer
	_, err = db.Exec("PRAGMA wal_checkpoint(RESTART)")
	require.NoError(t, err)
	commit(1)
	require.Equal(t, 1, commit(1))
	require.Equal(t, 1, commit(20))
	require.Greater(t, commit(200), 200*4096>>17, "there is an end to what is gathered")
	require.Less(t, commit(200), 20)
}

// TestOthersBetween has one connection through the layer and one beside it write in
// turn, in transactions that do not fit into their caches and are rolled back now
// and then: what either has committed both must find, and nothing else.
func TestOthersBetween(t *testing.T) {
	_, name := over(t)
	path := filepath.Join(t.TempDir(), "a.db")
	layered, plain := open(t, path, name), open(t, path, "")
	_, err := layered.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x BLOB)")
	require.NoError(t, err)
	rng, want := rand.New(rand.NewPCG(1, 2)), map[int]int{}
	for round := range 300 {
		db := layered
		if rng.IntN(2) == 0 {
			db = plain
		}
		tx, err := db.Begin()
		require.NoError(t, err)
		changed := map[int]int{}
		for range 1 + rng.IntN(1<<rng.IntN(6)) {
			id := rng.IntN(200)
			changed[id] = round
			_, err := tx.Exec("INSERT OR REPLACE INTO t VALUES (?, ?, zeroblob(?))", id, round, rng.IntN(9000))
			require.NoError(t, err)
		}
		if rng.IntN(3) == 0 {
			require.NoError(t, tx.Rollback())
		} else {
			require.NoError(t, tx.Commit())
			for id, n := range changed {
				want[id] = n
			}
		}
		if rng.IntN(20) == 0 {
			_, err := db.Exec("PRAGMA wal_checkpoint(" + []string{"PASSIVE", "RESTART", "TRUNCATE"}[rng.IntN(3)] + ")")
			require.NoError(t, err)
		}
		if rng.IntN(3) == 0 { // else nobody reads between two that write
			for _, db := range []*sql.DB{layered, plain} {
				require.Equal(t, want, content(t, db), "round %d", round)
			}
		}
	}
	var verdict string
	require.NoError(t, plain.QueryRow("PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)
}

func content(t *testing.T, db *sql.DB) map[int]int {
	rows, err := db.Query("SELECT id, n FROM t")
	require.NoError(t, err)
	defer rows.Close()
	got := map[int]int{}
	for rows.Next() {
		var id, n int
		require.NoError(t, rows.Scan(&id, &n))
		got[id] = n
	}
	require.NoError(t, rows.Err())
	return got
}

// TestWriteFails has the gathered write fail, whole and half: the commit says so, and
// is not there.
func TestWriteFails(t *testing.T) {
	disk, name := over(t)
	db := open(t, filepath.Join(t.TempDir(), "a.db"), name)
	_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0)")
	require.NoError(t, err)
	for i, half := range []bool{false, true} {
		t.Run(fmt.Sprintf("half %t", half), func(t *testing.T) {
			disk.Fail(faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Half: half, Code: lib.SQLITE_IOERR_WRITE})
			_, err := db.Exec("UPDATE t SET n = n + 100; INSERT INTO t VALUES (100, 100)")
			require.ErrorContains(t, err, "disk I/O error")
			require.Equal(t, 1, disk.Hits())
			disk.Mend()
			require.Equal(t, map[int]int{1: i}, content(t, db))
			_, err = db.Exec("UPDATE t SET n = n + 1")
			require.NoError(t, err)
		})
	}
}

// TestHole has the gathered write fail while a statement only reads: SQLite then gives
// up the statement, not the transaction, which must not be committed without what was
// to be written.
func TestHole(t *testing.T) {
	disk, name := over(t)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path, name)
	exec := func(query string, args ...any) {
		_, err := db.Exec(query, args...)
		require.NoError(t, err)
	}
	exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY, n INTEGER UNIQUE, x TEXT)")
	for i := range 60 {
		exec("INSERT INTO t VALUES (?, 0, hex(zeroblob(1800)))", i)
		exec("INSERT INTO u VALUES (?, ?, hex(zeroblob(1800)))", i, i)
	}
	exec("PRAGMA wal_checkpoint(TRUNCATE)") // so that reads are of the database, and hand nothing on
	tx, err := db.Begin()
	require.NoError(t, err)
	for i := range 25 { // more than the cache holds
		_, err = tx.Exec("UPDATE t SET n = 7 WHERE id = ?", i)
		require.NoError(t, err)
	}
	disk.Fail(faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Code: lib.SQLITE_FULL})
	_, err = tx.Exec("UPDATE u SET n = n + 1000 + (SELECT n FROM t WHERE t.id = 0) WHERE id IN (29, 59)")
	require.ErrorContains(t, err, "full")
	require.Equal(t, 1, disk.Hits())
	disk.Mend()
	_, _ = tx.Exec("UPDATE t SET n = 8 WHERE id = 59")
	require.Error(t, tx.Commit())
	_, _ = db.Exec("ROLLBACK") // database/sql lets go of it, SQLite may not have
	other := open(t, path, "")
	var verdict string
	require.NoError(t, other.QueryRow("PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)
	var changed int
	require.NoError(t, other.QueryRow("SELECT count(*) FROM t WHERE n <> 0").Scan(&changed))
	require.Zero(t, changed)
	exec("UPDATE t SET n = 9")
	require.NoError(t, other.QueryRow("SELECT count(*) FROM t WHERE n = 9").Scan(&changed))
	require.Equal(t, 60, changed, "the next transaction is none the worse for it")
}

func BenchmarkCommit(b *testing.B) {
	name, err := walvfs.Over("")
	require.NoError(b, err)
	for _, pages := range []int{1, 15} {
		for _, vfs := range []string{"", name} {
			b.Run(fmt.Sprintf("pages=%d/layer=%t", pages, vfs != ""), func(b *testing.B) {
				db := open(b, filepath.Join(b.TempDir(), "a.db"), vfs)
				_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x); PRAGMA cache_size = 1000; PRAGMA wal_autocheckpoint = 1000")
				require.NoError(b, err)
				for b.Loop() {
					_, err := db.Exec("INSERT OR REPLACE INTO t VALUES (1, zeroblob(?))", 4000*pages)
					require.NoError(b, err)
				}
			})
		}
	}
}
