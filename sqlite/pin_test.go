package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// restarts reports whether another process could begin the log again.
func restarts(t *testing.T, path string) bool {
	t.Helper()
	c, err := dial(bg, path, choose(nil), false)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.close()) }()
	require.NoError(t, c.run("PRAGMA busy_timeout = 0"))
	busy, _, err := c.one("PRAGMA wal_checkpoint(TRUNCATE)")
	require.NoError(t, err)
	return busy == 0
}

// stopWatching ends the ticks, so that a test decides when there is one.
func stopWatching(db *DB) {
	close(db.done)
	db.running.Wait()
	db.done = make(chan struct{})
}

func TestPin(t *testing.T) {
	t.Parallel()
	pinned := func(t *testing.T) (*DB, *story) {
		db := openNew(t)
		stopWatching(db)
		s := begin(t, db, activity(1))
		require.NotNil(t, db.writer.pinned)
		return db, s
	}
	t.Run("others write between", func(t *testing.T) {
		db, s := pinned(t)
		other := reopen(t, db.path)
		for range 3 {
			commit(t, other, signal(s.key, ""))
			require.NotNil(t, db.writer.pinned, "it has not heard of it yet")
			alone := func() bool { return !db.dir.Turnstile().Crowded() }
			require.Eventually(t, alone, time.Minute, time.Millisecond, "the other one said that it writes, and is done")
			commit(t, db, s.next(completed(s.last.Seq), activity(s.last.Seq+1)))
			commit(t, db, s.next(completed(s.last.Seq), activity(s.last.Seq+1)))
		}
		in, err := db.Inbox(t.Context(), s.key, 0)
		require.NoError(t, err)
		require.Len(t, in, 3)
	})
	t.Run("a run is taken away between", func(t *testing.T) {
		db, s := pinned(t)
		other := reopen(t, db.path)
		commit(t, other, &journal.Terminate{Run: s.key, At: dawn})
		late := s.next(completed(1), activity(2))
		require.NoError(t, db.Commit(late))
		require.ErrorIs(t, late.Err, journal.ErrClosed)
	})
	t.Run("until the next tick", func(t *testing.T) {
		db, _ := pinned(t)
		require.False(t, restarts(t, db.path))
		db.tick()
		require.Nil(t, db.writer.pinned)
		require.True(t, restarts(t, db.path))
	})
	t.Run("not beside others", func(t *testing.T) {
		db, s := pinned(t)
		other := reopen(t, db.path)
		require.NoError(t, other.Join(t.Context(), silent{}))
		require.NotNil(t, db.writer.pinned)
		commit(t, db, s.next(completed(1), activity(2)))
		require.Nil(t, db.writer.pinned)
	})
	t.Run("a failing lock is no other process", func(t *testing.T) {
		disk := newDisk(t)
		db := openNew(t, VFS(disk.Name()))
		stopWatching(db)
		s := begin(t, db, activity(1))
		require.NotNil(t, db.writer.pinned)
		disk.Fail(faultvfs.Fault{Op: faultvfs.LockLog, Code: codes.SQLITE_IOERR_SHMLOCK})
		require.ErrorIs(t, db.Commit(s.next(completed(1), activity(2))), journal.ErrBroken)
	})
	t.Run("not while a checkpoint is due", func(t *testing.T) {
		db, s := pinned(t)
		db.ckpt.last.Store(true)
		commit(t, db, s.next(completed(1), activity(2)))
		require.False(t, db.ckpt.due(), "its last part was done first")
		require.NotNil(t, db.writer.pinned)
		db.ckpt.written -= db.ckpt.db.ripe
		commit(t, db, s.next(completed(2), activity(3)))
		require.Nil(t, db.writer.pinned, "the first part has begun")
		db.ckpt.running.Wait()
	})
	t.Run("a step drops a table", func(t *testing.T) {
		db, s := pinned(t)
		commit(t, db, transact(s.key, 1, insert("one")))
		require.NotNil(t, db.writer.pinned)
		commit(t, db, transact(s.key, 2, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := tx.ExecContext(ctx, "DROP TABLE lines")
			return nil, err
		}))
	})
	t.Run("alone for good", func(t *testing.T) {
		db := openNew(t, Exclusive)
		s := begin(t, db, activity(1))
		require.NotNil(t, db.writer.pinned)
		commit(t, db, s.next(completed(1), activity(2)))
	})
}
