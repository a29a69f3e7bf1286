package sqlite

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// FuzzOpenNew makes files of any name that the file system takes.
func FuzzOpenNew(f *testing.F) {
	for _, name := range []string{"plain.db", "a b", "question?.db", "hash#.db", "100%.db", "plus+&=.db", "quote'.db", "ünï.db", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		path := filepath.Join(t.TempDir(), name)
		if filepath.Base(path) != name || os.WriteFile(path, nil, 0o600) != nil {
			t.Skip("no name of a file")
		}
		db := reopen(t, path)
		commit(t, db, &journal.Create{ULID: newULID(), Workflow: "w", At: dawn})
		require.NoError(t, db.Close())
		info, err := os.Stat(path)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, "everything is in one file: %v", entries)
		again := reopen(t, path)
		runs, err := again.Runs(t.Context(), journal.Filter{})
		require.NoError(t, err)
		require.Len(t, runs, 1)
	})
}

func TestOpenSettings(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "trusted_schema": "0", "cell_size_check": "1",
		"wal_autocheckpoint": "0", "busy_timeout": "10000", "foreign_keys": "1", "application_id": fmt.Sprint(applicationID),
	} {
		t.Run(pragma, func(t *testing.T) {
			var got string
			require.NoError(t, db.writer.query(bg, "PRAGMA "+pragma, func(r row) error {
				got = r.text(0)
				return nil
			}))
			require.Equal(t, want, got)
		})
	}
	t.Run("readers cannot write", func(t *testing.T) {
		err := db.read(bg, "write", func(r *reader) error {
			err := r.exec("DELETE FROM runs")
			return err
		})
		require.ErrorIs(t, err, journal.ErrReadOnly)
	})
}

// TestOpenRefuses opens files that are none of ours, and looks whether they
// were touched.
func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
	}{
		{"text", func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("hello\n", 50))) }, journal.ErrForeign, "no SQLite file"},
		{"a few bytes", func(t *testing.T, path string) { write(t, path, []byte("hello")) }, journal.ErrForeign, "no SQLite file"},
		{"another program's database", foreignDatabase, journal.ErrForeign, "holds no journal"},
		{"a newer layout", func(t *testing.T, path string) { patch(t, path, 60, 0, 0, 0, byte(layout()+1)) }, journal.ErrNewer, fmt.Sprint("layout is number ", layout()+1)},
		{"a broken magic", func(t *testing.T, path string) { patch(t, path, 3, 'x') }, journal.ErrDamaged, "first bytes"},
		{"a broken schema page", func(t *testing.T, path string) { patch(t, path, 100, bytes.Repeat([]byte{0xff}, 500)...) }, journal.ErrDamaged, ""},
		{"marked as read-only", func(t *testing.T, path string) {
			patch(t, path, 0, 'S')
			require.NoError(t, os.Chmod(path, 0o400))
		}, journal.ErrReadOnly, "-r--------"},
		{"a folder", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, syscall.EISDIR, "it is a folder"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			_, err := Open(path)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, c.says)
			after, _ := os.ReadFile(path)
			require.Equal(t, before, after, "the file was touched")
			require.Empty(t, opened.handles)
		})
	}
}

func write(t *testing.T, path string, content []byte) {
	require.NoError(t, os.WriteFile(path, content, 0o600))
}

func foreignDatabase(t *testing.T, path string) {
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// patch makes a journal and overwrites bytes of its file.
func patch(t *testing.T, path string, at int, b ...byte) {
	db, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	copy(content[at:], b)
	write(t, path, content)
}

func TestOpenFolder(t *testing.T) {
	t.Parallel()
	t.Run("missing", func(t *testing.T) {
		_, err := Open(filepath.Join(t.TempDir(), "no", "x.db"))
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("is a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		write(t, path, nil)
		_, err := Open(filepath.Join(path, "x.db"))
		require.Error(t, err)
	})
	if runtime.GOOS == "windows" {
		return
	}
	t.Run("anybody may write", func(t *testing.T) {
		folder := t.TempDir()
		require.NoError(t, os.Chmod(folder, 0o777))
		_, err := Open(filepath.Join(folder, "x.db"))
		require.ErrorContains(t, err, "sticky")
		require.NoError(t, os.Chmod(folder, 0o777|fs.ModeSticky))
		reopen(t, filepath.Join(folder, "x.db"))
	})
}

func TestOpenLinks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	real := filepath.Join(folder, "real.db")
	link := filepath.Join(folder, "link.db")
	if err := os.Symlink("real.db", link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	db := reopen(t, link) // to nothing, yet
	resolved, err := filepath.EvalSymlinks(real)
	require.NoError(t, err)
	require.Equal(t, resolved, db.Path())
	require.NoError(t, os.Remove(link))
	commit(t, db, &journal.Create{ULID: newULID(), Workflow: "w", At: dawn})
	require.NoError(t, db.Close())
	require.NoError(t, os.Symlink(folder, filepath.Join(folder, "sub")))
	runs, err := reopen(t, filepath.Join(folder, "sub", "real.db")).Runs(t.Context(), journal.Filter{})
	require.NoError(t, err)
	require.Len(t, runs, 1)
}

// TestOpenAtOnce has several handles create the file at the same time.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	var all sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		all.Go(func() {
			db, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = db.file
			if err := db.Commit(&journal.Create{ULID: fmt.Sprint("u", i), Workflow: "w", At: dawn}); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	runs, err := reopen(t, path).Runs(t.Context(), journal.Filter{})
	require.NoError(t, err)
	require.Len(t, runs, len(ids))
}

func TestOpenHalfMade(t *testing.T) {
	t.Parallel()
	t.Run("an empty file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		write(t, path, nil)
		db := reopen(t, path)
		require.NotEmpty(t, db.file)
	})
	t.Run("no layout yet", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		write(t, path, nil)
		c, err := dial(bg, path, choose(nil), false)
		require.NoError(t, err)
		require.NoError(t, c.run(fmt.Sprintf("PRAGMA application_id = %d", applicationID)))
		require.NoError(t, c.close())
		db := reopen(t, path)
		require.NotEmpty(t, db.file)
	})
}

func TestExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	require.NoError(t, db.Join(t.Context(), silent{}))
	_, err := Open(path, Exclusive)
	require.ErrorIs(t, err, journal.ErrHeld)
	require.NoError(t, db.Close())
	alone := reopen(t, path, Exclusive)
	require.NoError(t, alone.Join(t.Context(), silent{}))
	require.NoDirExists(t, path+"-peers")
}

func TestClose(t *testing.T) {
	db := openNew(t)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close())
	require.ErrorIs(t, db.Commit(&journal.Resume{Run: 1}), errClosed)
	_, err := db.Runs(t.Context(), journal.Filter{})
	require.ErrorIs(t, err, errClosed)
	require.Empty(t, opened.handles)
}
