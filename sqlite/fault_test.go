package sqlite

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

func TestMeaning(t *testing.T) {
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
	for _, no := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := explain(fmt.Errorf("write about member: %w", &fs.PathError{Op: "write", Path: "x.lock", Err: no}))
		require.ErrorIs(t, err, journal.ErrFull)
		require.Equal(t, err, explain(err), "said once")
	}
	require.NotErrorIs(t, explain(syscall.EIO), journal.ErrFull)
}

// TestDiskErrors has every single call fail that two commits make, one after
// the other, and each time opens the file again: what was acknowledged is
// there, and after an error nothing more was acknowledged.
func TestDiskErrors(t *testing.T) {
	vfs := useFaulty(t)
	cases := []struct {
		name, call string
		code       int32
		want       error
	}{
		{"a write fails", "write", codes.SQLITE_IOERR_WRITE, journal.ErrBroken},
		{"a sync fails", "sync", codes.SQLITE_IOERR_FSYNC, journal.ErrBroken},
		{"the disk is full", "write", codes.SQLITE_FULL, journal.ErrFull},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for nth := 1; ; nth++ {
				if !failNth(t, vfs, c.call, c.code, c.want, nth) {
					require.Greater(t, nth, 1, "no call ever failed")
					return
				}
			}
		})
	}
}

// failNth reports whether there was an nth call.
func failNth(t *testing.T, vfs VFS, call string, code int32, want error, nth int) (failed bool) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path, vfs)
	require.NoError(t, err)
	require.NoError(t, db.Join(t.Context(), silent{}))
	s := begin(t, db, activity(1))
	count := 0
	failWith(t, func(did, file string) int32 {
		if did != call || !isLog(file) {
			return 0
		}
		if count++; count != nth {
			return 0
		}
		failed = true
		return code
	})
	acknowledged := int64(1)
	for range 2 {
		next := s.next(completed(s.last.Seq), activity(s.last.Seq+1))
		err := db.Commit(next)
		if err == nil {
			require.NoError(t, next.Err)
			acknowledged = next.Event.Seq
			continue
		}
		require.ErrorIs(t, err, want)
		failWith(t, nil)
		err = db.Commit(next)
		if again(want) {
			require.NoError(t, err)
			acknowledged = next.Event.Seq
			continue
		}
		require.ErrorIs(t, err, journal.ErrBroken)
		break
	}
	failWith(t, nil)
	_ = db.Close()
	after := reopen(t, path)
	defer after.Close()
	journaltest.Verify(t, after)
	run, err := after.Run(t.Context(), journal.Ref{Key: s.key})
	require.NoError(t, err)
	require.GreaterOrEqual(t, run.LastSeq, acknowledged, "what was acknowledged is lost")
	return failed
}

// TestSharedMemoryFull has the -shm fail to grow.
func TestSharedMemoryFull(t *testing.T) {
	vfs := useFaulty(t)
	db := openNew(t, vfs)
	s := begin(t, db, activity(1))
	grown := false
	failWith(t, func(call, _ string) int32 {
		if call == "shmmap" {
			grown = true
			return codes.SQLITE_IOERR_SHMSIZE
		}
		return 0
	})
	var err error
	for range 100 {
		post := signal(s.key, "")
		post.Message.Data = make([]byte, 1<<20)
		if err = db.Commit(post); err != nil {
			break
		}
	}
	failWith(t, nil)
	require.True(t, grown)
	require.ErrorIs(t, err, journal.ErrFull)
	commit(t, db, signal(s.key, ""))
}
