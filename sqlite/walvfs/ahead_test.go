package walvfs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
	"github.com/seed139febb4/durable/sqlite/walvfs"
)

// TestAhead: the log changes its length with few commits, by half of it or more,
// and not at all once it begins again.
func TestAhead(t *testing.T) {
	name, err := walvfs.Over("")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path, name)
	length := func() int64 {
		info, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	commit := func() {
		_, err := db.Exec("INSERT INTO t VALUES (zeroblob(100))")
		require.NoError(t, err)
	}
	_, err = db.Exec("CREATE TABLE t (x)")
	require.NoError(t, err)
	changes, last := 0, length()
	for range 400 {
		commit()
		if now := length(); now != last {
			require.GreaterOrEqual(t, now-last, min(last/2, 500<<10))
			changes, last = changes+1, now
		}
	}
	require.Positive(t, changes)
	require.Less(t, changes, 10)
	_, err = db.Exec("PRAGMA wal_checkpoint(RESTART)")
	require.NoError(t, err)
	for range 300 {
		commit()
	}
	require.Equal(t, last, length())
}

// TestNoRoomAhead has only the zeros find the disk full: nobody needs them.
func TestNoRoomAhead(t *testing.T) {
	disk, name := over(t)
	db := open(t, filepath.Join(t.TempDir(), "a.db"), name)
	_, err := db.Exec("CREATE TABLE t (x)")
	require.NoError(t, err)
	hits := 0
	for range 200 {
		before := disk.Calls(faultvfs.Log, faultvfs.Write)
		disk.Fail(faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Call: 2, Sticky: true, Code: lib.SQLITE_FULL})
		_, err := db.Exec("INSERT INTO t VALUES (zeroblob(100))")
		require.NoError(t, err)
		hits += disk.Hits()
		disk.Mend()
		require.LessOrEqual(t, disk.Calls(faultvfs.Log, faultvfs.Write), before+2)
	}
	require.Positive(t, hits)
	var n int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
	require.Equal(t, 200, n)
}
