package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestFenceInMemory has another handle change runs that this one believes it
// knows.
func TestFenceInMemory(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*story) journal.Write
		want   error
	}{
		{"terminated", func(s *story) journal.Write { return &journal.Terminate{Run: s.key, At: dawn} }, journal.ErrClosed},
		{"resumed", func(s *story) journal.Write { return &journal.Resume{Run: s.key} }, nil},
		{"sent a message", func(s *story) journal.Write { return signal(s.key, "") }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := openNew(t)
			s, other := begin(t, a, activity(1)), begin(t, a, activity(1))
			require.Contains(t, a.writer.held, s.key)
			commit(t, reopen(t, a.path), c.change(s))
			appended, fine := s.next(completed(1)), other.next(completed(1))
			require.NoError(t, a.Commit(appended, fine))
			require.ErrorIs(t, appended.Err, c.want)
			require.NoError(t, fine.Err)
		})
	}
	t.Run("by this handle", func(t *testing.T) {
		a := openNew(t)
		s := begin(t, a, activity(1))
		next := s.next(completed(1))
		require.NoError(t, a.Commit(&journal.Terminate{Run: s.key, At: dawn}, next))
		require.ErrorIs(t, next.Err, journal.ErrClosed)
	})
	t.Run("undone", func(t *testing.T) {
		a := openNew(t)
		s := begin(t, a, activity(1))
		next := *s.next(completed(1))
		lost := next
		require.Error(t, a.writer.within(func() error {
			g := group{writer: a.writer}
			if err := g.apply(&lost); err != nil {
				return err
			}
			return errors.New("no")
		}))
		commit(t, a, &next)
	})
	t.Run("forgotten when there are too many", func(t *testing.T) {
		a := openNew(t)
		s := begin(t, a, activity(1))
		for i := range int64(manyHeld + 10) {
			a.writer.keep(-i, holding{})
		}
		require.Equal(t, manyHeld, len(a.writer.held))
		delete(a.writer.held, s.key) // if it is not among those that were
		commit(t, a, s.next(completed(1)))
	})
}

// limit makes the disk full, as far as SQLite can tell.
func limit(t *testing.T, db *DB, more int64) {
	pages, _, err := db.writer.one("PRAGMA page_count")
	require.NoError(t, err)
	require.NoError(t, db.writer.run(fmt.Sprintf("PRAGMA max_page_count = %d", pages+more)))
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	big := func(run int64) *journal.Post {
		p := signal(run, "")
		p.Message.Data, _ = json.Marshal(make([]byte, 100_000))
		return p
	}
	t.Run("nothing is written, and it may be tried again", func(t *testing.T) {
		db := openNew(t)
		s := begin(t, db, activity(1))
		limit(t, db, 1)
		next, post := s.next(completed(1), activity(2)), big(s.key)
		require.ErrorIs(t, db.Commit(next, post), journal.ErrFull)
		history, err := db.History(t.Context(), s.key, 0, 0)
		require.NoError(t, err)
		require.Len(t, history, 1)
		require.ErrorIs(t, db.Commit(post), journal.ErrFull)
		limit(t, db, 1000)
		commit(t, db, next, post)
		commit(t, db, s.next(completed(2)))
	})
	t.Run("a step alone fills it", func(t *testing.T) {
		db, s := prepared(t)
		limit(t, db, 3)
		step := transact(s.key, 1, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := tx.Exec("INSERT INTO orders (name) VALUES (?)", string(make([]byte, 100_000)))
			return nil, err
		})
		post := signal(s.key, "")
		require.NoError(t, db.Commit(post, step))
		require.NoError(t, post.Err)
		require.ErrorIs(t, explain(step.Err), journal.ErrFull)
		require.NoError(t, db.Commit(step))
		require.Error(t, step.Err)
		limit(t, db, 1000)
		commit(t, db, step)
	})
}

func TestCommitNothing(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Commit())
	w := &strange{}
	require.NoError(t, db.Commit(w))
	require.ErrorContains(t, w.Err, "strange")
}

// strange is a write that no store knows.
type strange struct{ journal.Outcome }

func TestNotJoined(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Leave())
	c, claim := &journal.Create{ULID: newULID(), Workflow: "w", At: dawn, Own: true}, &journal.Claim{Runs: []int64{1}, Now: dawn}
	require.NoError(t, db.Commit(c, claim))
	require.ErrorIs(t, c.Err, journal.ErrFenced)
	require.ErrorIs(t, claim.Err, journal.ErrFenced)
}
