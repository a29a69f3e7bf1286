package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
)

// dawn is when the tests begin. Nanoseconds, because they must survive.
var dawn = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// silent is a peer that has nothing to say.
type silent struct{}

func (silent) Nudged(int64)                                   {}
func (silent) Died()                                          {}
func (silent) Called(context.Context, []byte) ([]byte, error) { return nil, nil }

// reopen opens the file at path for the length of the test.
func reopen(t testing.TB, path string, options ...Option) *DB {
	t.Helper()
	db, err := Open(path, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// openNew opens a new file and joins; the file is checked when the test ends.
func openNew(t testing.TB, options ...Option) *DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	t.Cleanup(func() {
		db, err := Open(path, options...)
		require.NoError(t, err)
		journaltest.Verify(t, db)
		require.NoError(t, db.Close())
	})
	db := reopen(t, path, options...)
	require.NoError(t, db.Join(t.Context(), silent{}))
	return db
}

// lockFile is the lock of a handle that has joined.
func lockFile(db *DB) string {
	return filepath.Join(db.path+"-peers", db.member.Load().Token()+".lock")
}

// kill ends a handle as kill -9 would, as far as others can see: its lock file
// stays, and nobody holds it.
func kill(db *DB) {
	if db.member.Load() != nil {
		path := lockFile(db)
		left, err := os.ReadFile(path)
		defer func() {
			if err == nil {
				_ = os.WriteFile(path, left, 0o600)
			}
		}()
	}
	_ = db.disband()
	_ = db.Close()
}

// commit demands that every write is carried out.
func commit(t testing.TB, db *DB, writes ...journal.Write) {
	t.Helper()
	require.NoError(t, db.Commit(writes...))
	for _, w := range writes {
		require.NoError(t, w.Refused(), "%T", w)
	}
}

// A story is a run that a test tells event by event.
type story struct {
	db   *DB
	key  int64
	last journal.Event
}

var ulids atomic.Int64

func newULID() string {
	n := ulids.Add(1)
	return fmt.Sprintf("01K%023d", n)
}

// begin creates a run with its first event.
func begin(t testing.TB, db *DB, asked ...journal.Command) *story {
	t.Helper()
	c := &journal.Create{ULID: newULID(), Workflow: "w", At: dawn, Own: true}
	s := &story{db: db, last: journal.Event{Sum: journal.Root(c.ULID)}}
	a := s.next(journal.Event{Kind: journal.Started, Data: json.RawMessage(`{"n":1}`)}, asked...)
	a.New = c
	commit(t, db, c, a)
	s.key = c.Key
	return s
}

// next makes the append of a further event; it counts as made.
func (s *story) next(e journal.Event, asked ...journal.Command) *journal.Append {
	e.Seq = s.last.Seq + 1
	e.At = dawn.Add(time.Duration(e.Seq) * time.Second)
	a := &journal.Append{Run: s.key, Fence: 1, Phase: journal.Waiting}
	if len(asked) > 0 {
		e.Commands = journal.AppendCommands(nil, asked)
	}
	for _, c := range asked {
		switch end, ends := c.Kind.Ends(); {
		case ends:
			a.End = end
		case c.Kind == journal.StartTimer:
			a.Set = append(a.Set, journal.Timer{Op: c.Op, Due: c.Due})
		default:
			a.Phase = journal.Running
		}
	}
	journal.Seal(s.last.Sum, &e)
	a.Event, s.last = e, e
	return a
}

func activity(op int64) journal.Command {
	return journal.Command{Kind: journal.RunActivity, Op: op, Name: "a", Data: json.RawMessage(`1`)}
}

func timer(op int64, due time.Time) journal.Command {
	return journal.Command{Kind: journal.StartTimer, Op: op, For: time.Hour, Due: due}
}

func completed(op int64) journal.Event {
	return journal.Event{Kind: journal.ActivityCompleted, Op: op, Name: "a", Data: json.RawMessage(`"done"`)}
}

func signal(run int64, key string) *journal.Post {
	return &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", Data: json.RawMessage(`1`), Key: key, At: dawn}}
}

// values are the columns of a row as they are.
func values(r row) (all []any) {
	for i := range int(lib.Xsqlite3_column_count(r.s.c.tls, r.s.p)) {
		switch lib.Xsqlite3_column_type(r.s.c.tls, r.s.p, int32(i)) {
		case lib.SQLITE_NULL:
			all = append(all, nil)
		case lib.SQLITE_INTEGER:
			all = append(all, r.int(i))
		default:
			all = append(all, r.text(i))
		}
	}
	return all
}
