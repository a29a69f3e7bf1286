package sqlite

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// fill appends to many runs, and returns how large the log has become.
func fill(t *testing.T, db *DB, commits int) int64 {
	stories := make([]*story, 50)
	for i := range stories {
		stories[i] = begin(t, db, activity(1))
	}
	for range commits {
		writes := make([]journal.Write, len(stories))
		for i, s := range stories {
			writes[i] = s.next(completed(s.last.Seq), activity(s.last.Seq+1))
		}
		commit(t, db, writes...)
		db.ckpt.running.Wait() // the background is given its turn
	}
	info, err := os.Stat(db.path + "-wal")
	require.NoError(t, err)
	return info.Size()
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	size := fill(t, db, 400)
	require.Less(t, size, int64(8<<20), "the log is not recycled")
	require.Greater(t, db.ckpt.written, 4*ripePages)
	require.Nil(t, db.ckpt.failed.Load())
}

// TestCheckpointOfShortLives has many processes write a little each, while one
// that has the file open writes nothing.
func TestCheckpointOfShortLives(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("some thousand commits")
	}
	idle := openNew(t)
	var size int64
	for range 15 {
		db, err := Open(idle.path)
		require.NoError(t, err)
		require.NoError(t, db.Join(t.Context(), silent{}))
		size = fill(t, db, 5)
		require.NoError(t, db.Close())
	}
	require.Less(t, size, int64(4*ripePages*4096), "the log is not recycled")
}

// TestCheckpointHeldBack has a read that stays open, which the log must outlive.
func TestCheckpointHeldBack(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three hundred large commits")
	}
	db := openNew(t)
	begin(t, db, activity(1))
	held := make(chan struct{})
	reading := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- db.read(bg, "hold", func(r *reader) error {
			return r.snapshot(func() error {
				_, _, err := r.one("SELECT count(*) FROM runs")
				close(reading)
				<-held
				return err
			})
		})
	}()
	<-reading
	grown := fill(t, db, 150)
	require.Greater(t, grown, int64(ripePages*4096))
	close(held)
	require.NoError(t, <-done)
	require.Less(t, fill(t, db, 150), grown+8<<20, "the log is recycled again")
}

func TestCheckpointFails(t *testing.T) {
	t.Parallel()
	t.Run("a full disk", func(t *testing.T) {
		disk := newDisk(t)
		db := openNew(t, VFS(disk.Name()))
		disk.Fail(faultvfs.Fault{File: faultvfs.Database, Op: faultvfs.Write, Sticky: true, Code: codes.SQLITE_FULL})
		fill(t, db, 100)
		require.ErrorIs(t, *db.ckpt.failed.Load(), journal.ErrFull)
		problems, err := db.Integrity(t.Context())
		require.NoError(t, err)
		require.Len(t, problems, 1)
		require.Contains(t, problems[0], "checkpoint")
		disk.Mend()
		fill(t, db, 100)
		require.Nil(t, db.ckpt.failed.Load())
	})
	t.Run("an error of the disk", func(t *testing.T) {
		disk := newDisk(t)
		db := openNew(t, VFS(disk.Name()))
		s := begin(t, db, activity(1))
		disk.Fail(faultvfs.Fault{File: faultvfs.Database, Op: faultvfs.Sync, Sticky: true, Code: codes.SQLITE_IOERR_FSYNC})
		var err error
		for range 2 * ripePages {
			if err = db.Commit(signal(s.key, "")); err != nil {
				break
			}
			db.ckpt.running.Wait()
		}
		require.ErrorIs(t, err, journal.ErrBroken)
	})
}
