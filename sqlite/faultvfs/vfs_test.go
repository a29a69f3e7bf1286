package faultvfs_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// open opens a database with one connection, in the mode that SQLite starts with.
func open(t *testing.T, v *faultvfs.VFS, path string) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+path+"?vfs="+v.Name())
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestFail(t *testing.T) {
	v, err := faultvfs.Register(t.Name())
	require.NoError(t, err)
	again, err := faultvfs.Register(t.Name())
	require.NoError(t, err)
	require.Same(t, v, again)
	db := open(t, v, filepath.Join(t.TempDir(), "a.db"))
	write := func() error {
		_, err := db.Exec("CREATE TABLE IF NOT EXISTS t (x); INSERT INTO t VALUES (1)")
		return err
	}
	require.NoError(t, write())
	before := v.Calls(faultvfs.Any, faultvfs.Sync)
	require.NotZero(t, before)
	require.Equal(t, before, v.Calls(faultvfs.Database, faultvfs.Sync)+v.Calls(faultvfs.Journal, faultvfs.Sync))

	v.Fail(faultvfs.Fault{Op: faultvfs.Sync, Code: lib.SQLITE_IOERR_FSYNC})
	require.ErrorContains(t, write(), "disk I/O error")
	require.Equal(t, 1, v.Hits())
	require.NoError(t, write(), "it was once")

	v.Fail(faultvfs.Fault{File: faultvfs.Journal, Op: faultvfs.Write, Call: 2, Sticky: true, Code: lib.SQLITE_FULL})
	require.ErrorContains(t, write(), "full")
	require.ErrorContains(t, write(), "full")
	v.Mend()
	require.NoError(t, write())

	v.Fail(faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Code: lib.SQLITE_FULL})
	require.NoError(t, write(), "there is no log")
	require.Zero(t, v.Hits())
}

// TestRecordedDeletion cuts the power after SQLite has removed its rollback
// journal, which is what commits: that may come back, unless the folder was
// synced, or, for file systems with a journal, anything.
func TestRecordedDeletion(t *testing.T) {
	v, err := faultvfs.Register(t.Name())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "a.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	r, err := v.Record(path)
	require.NoError(t, err)
	db := open(t, v, path)
	_, err = db.Exec("CREATE TABLE t (x)")
	require.NoError(t, err)
	removed := r.Len()
	require.Contains(t, cut(t, r, removed, faultvfs.Model{Keep: 0}, 1), "a.db-journal")
	require.NotContains(t, cut(t, r, removed, faultvfs.Model{Keep: 1}, 1), "a.db-journal")
	r.Sync(path) // not the first sync of that file: the folder is not synced
	require.NotContains(t, cut(t, r, r.Len(), faultvfs.Model{Keep: 0}, 1), "a.db-journal")
	require.Contains(t, cut(t, r, r.Len(), faultvfs.Model{Keep: 0, Strict: true}, 1), "a.db-journal")
}

func Example() {
	dir, err := os.MkdirTemp("", "faultvfs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	disk, err := faultvfs.Register("example")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "a.db")
	recording, err := disk.Record(path)
	if err != nil {
		panic(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?vfs=example&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE t (x); INSERT INTO t VALUES (42)"); err != nil {
		panic(err)
	}
	acknowledged := recording.Note("42 is there")

	disk.Fail(faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Sticky: true, Code: lib.SQLITE_FULL})
	_, err = db.Exec("INSERT INTO t VALUES (43)")
	fmt.Println(err)
	disk.Mend()

	image, err := recording.Cut(acknowledged, faultvfs.Model{Keep: .5}, rand.New(rand.NewPCG(1, 2)), filepath.Join(dir, "image"))
	if err != nil {
		panic(err)
	}
	after, err := sql.Open("sqlite", image)
	if err != nil {
		panic(err)
	}
	defer after.Close()
	var x int
	fmt.Println(after.QueryRow("SELECT x FROM t").Scan(&x), x)
	// Output:
	// database or disk is full (13)
	// <nil> 42
}
