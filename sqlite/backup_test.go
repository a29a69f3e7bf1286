package sqlite

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

func TestBackup(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := begin(t, db, activity(1), timer(2, dawn))
	commit(t, db, signal(s.key, "key"))
	to := filepath.Join(t.TempDir(), "copy ?.db")
	require.NoError(t, db.Backup(t.Context(), to))
	require.ErrorIs(t, db.Backup(t.Context(), to), fs.ErrExist)
	require.ErrorIs(t, db.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "copy.db")), fs.ErrNotExist)
	commit(t, db, s.next(completed(1)))

	info, err := os.Stat(to)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	c := reopen(t, to)
	require.NotEqual(t, db.file, c.file)
	require.NoError(t, c.Join(t.Context(), silent{}))
	run, err := c.Run(t.Context(), journal.Ref{Key: s.key})
	require.NoError(t, err)
	require.Equal(t, int64(1), run.LastSeq)
	require.Equal(t, 1, run.Inbox)
	require.Zero(t, run.Owner)
	claim := &journal.Claim{Runs: []int64{s.key}, Now: dawn}
	commit(t, c, claim)
	require.Zero(t, claim.Claimed[0].Crashes, "nobody died")
	journaltest.Verify(t, c)
	problems, err := c.Integrity(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestBackupWhileWriting takes copies while another goroutine commits pairs.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := begin(t, db, activity(1))
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := db.Commit(signal(s.key, ""), signal(s.key, "")); err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 5 {
		to := filepath.Join(t.TempDir(), "copy.db")
		require.NoError(t, db.Backup(t.Context(), to))
		c := reopen(t, to)
		run, err := c.Run(t.Context(), journal.Ref{Key: s.key})
		require.NoError(t, err)
		require.Zero(t, run.Inbox%2, "half a commit was copied")
		journaltest.Verify(t, c)
	}
	close(stop)
	require.NoError(t, <-stopped)
}

func TestIntegrity(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	require.NoError(t, db.Join(t.Context(), silent{}))
	for range 200 {
		begin(t, db, activity(1))
	}
	problems, err := db.Integrity(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := len(content) - 2*4096; at < len(content); at += 64 {
		copy(content[at:], bytes.Repeat([]byte{0xa5}, 16))
	}
	write(t, path, content)
	db, err = Open(path)
	require.NoError(t, err)
	defer db.Close()
	problems, err = db.Integrity(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, problems)
}

// TestIntegrityOfSchema has a byte of a definition changed, which SQLite takes for
// another name, and an index go.
func TestIntegrityOfSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	edit(t, db, "DROP INDEX runs_parent")
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), "pid     INTEGER")
	write(t, path, bytes.ReplaceAll(content, []byte("pid     INTEGER"), []byte("qid     INTEGER")))
	db, err = Open(path)
	require.NoError(t, err)
	defer db.Close()
	problems, err := db.Integrity(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"processes is not defined as this program does it", "runs_parent is missing"}, problems)
}
