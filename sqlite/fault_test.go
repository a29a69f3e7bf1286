package sqlite

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

func TestMeaning(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]error{
		codes.SQLITE_FULL:             journal.ErrFull,
		codes.SQLITE_IOERR_SHMSIZE:    journal.ErrFull,
		codes.SQLITE_IOERR_FSYNC:      journal.ErrBroken,
		codes.SQLITE_IOERR_WRITE:      journal.ErrBroken,
		codes.SQLITE_READONLY_DBMOVED: journal.ErrBroken,
		codes.SQLITE_READONLY:         journal.ErrReadOnly,
		codes.SQLITE_BUSY:             journal.ErrHeld,
		codes.SQLITE_BUSY_SNAPSHOT:    journal.ErrHeld,
		codes.SQLITE_CORRUPT:          journal.ErrDamaged,
		codes.SQLITE_NOTADB:           journal.ErrDamaged,
		codes.SQLITE_CONSTRAINT:       nil,
	} {
		require.Equal(t, want, meaning(code), "code %d", code)
	}
}

// TestNoRoom: a full disk is one also where it is not SQLite that writes.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	for _, no := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := explain(fmt.Errorf("write about member: %w", &fs.PathError{Op: "write", Path: "x.lock", Err: no}))
		require.ErrorIs(t, err, journal.ErrFull)
		require.Equal(t, err, explain(err), "said once")
	}
	require.NotErrorIs(t, explain(syscall.EIO), journal.ErrFull)
}

// TestSharedMemoryFull has the -shm fail to grow.
func TestSharedMemoryFull(t *testing.T) {
	t.Parallel()
	disk := newDisk(t)
	db := openNew(t, VFS(disk.Name()))
	s := begin(t, db, activity(1))
	disk.Fail(faultvfs.Fault{Op: faultvfs.MapIndex, Sticky: true, Code: codes.SQLITE_IOERR_SHMSIZE})
	var err error
	for range 100 {
		post := signal(s.key, "")
		post.Message.Data = make([]byte, 1<<20)
		if err = db.Commit(post); err != nil {
			break
		}
	}
	disk.Mend()
	require.NotZero(t, disk.Hits())
	require.ErrorIs(t, err, journal.ErrFull)
	commit(t, db, signal(s.key, ""))
}
