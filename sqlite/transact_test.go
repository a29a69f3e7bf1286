package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// schema is what the steps of these tests want.
var schema = []string{
	`CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)`,
	`CREATE TABLE lines (n INTEGER, parent INTEGER REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED)`,
	`CREATE TRIGGER no_doom BEFORE INSERT ON orders WHEN new.name = 'doom' BEGIN SELECT RAISE(ROLLBACK, 'doomed'); END`,
}

type do = func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error)

func transact(run, op int64, f do) *journal.Transact {
	return &journal.Transact{Run: run, Fence: 1, Op: op, Name: "record", Schema: schema, Do: f, At: dawn}
}

// insert is a step that adds an order.
func insert(name string) do {
	return func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
		_, err := tx.ExecContext(ctx, "INSERT INTO orders (name) VALUES (?)", name)
		return json.RawMessage(`"` + name + `"`), err
	}
}

// orders lists what steps have written.
func orders(t *testing.T, db *DB) (names []string) {
	t.Helper()
	require.NoError(t, db.read(bg, "orders", func(r *reader) error {
		return r.query(bg, "SELECT name FROM orders ORDER BY id", func(r row) error {
			names = append(names, r.text(0))
			return nil
		})
	}))
	return names
}

// prepared is a journal whose schema is there, with one run.
func prepared(t *testing.T) (*DB, *story) {
	db := openNew(t)
	s := begin(t, db, activity(1))
	commit(t, db, transact(s.key, 100, func(context.Context, *sql.Tx) (json.RawMessage, error) { return nil, nil }))
	in, err := db.Inbox(t.Context(), s.key, 0)
	require.NoError(t, err)
	require.Len(t, in, 1)
	commit(t, db, &journal.Discard{Run: s.key, Fence: 1, Message: in[0].ID})
	return db, s
}

func TestTransact(t *testing.T) {
	t.Parallel()
	t.Run("its rows and its result are one commit", func(t *testing.T) {
		db := openNew(t)
		s := begin(t, db, activity(1))
		step := transact(s.key, 1, insert("a"))
		other := signal(s.key, "")
		commit(t, db, step, other)
		in, err := db.Inbox(t.Context(), s.key, 0)
		require.NoError(t, err)
		require.Len(t, in, 2)
		m := in[0]
		require.Equal(t, m.Checksum(s.key), m.Sum)
		m.ID, m.Sum = 0, 0
		require.Equal(t, journal.Message{Kind: journal.ResultMessage, Event: journal.ActivityCompleted, Op: 1, Name: "record", Data: json.RawMessage(`"a"`), At: dawn}, m)
		require.Equal(t, []string{"a"}, orders(t, db))
	})
	t.Run("one whose result waits is not run again", func(t *testing.T) {
		db, s := prepared(t)
		commit(t, db, transact(s.key, 1, insert("a")))
		commit(t, db, transact(s.key, 1, func(context.Context, *sql.Tx) (json.RawMessage, error) {
			return nil, errors.New("it ran again")
		}))
		in, err := db.Inbox(t.Context(), s.key, 0)
		require.NoError(t, err)
		require.Len(t, in, 1)
	})
	t.Run("it is fenced", func(t *testing.T) {
		db, s := prepared(t)
		step := transact(s.key, 1, insert("a"))
		step.Fence = 7
		require.NoError(t, db.Commit(step))
		require.ErrorIs(t, step.Err, journal.ErrFenced)
		require.Empty(t, orders(t, db))
	})
	t.Run("many in a group", func(t *testing.T) {
		db, s := prepared(t)
		var writes []journal.Write
		for i := range int64(50) {
			writes = append(writes, transact(s.key, i+1, insert(fmt.Sprint("order ", i))))
		}
		commit(t, db, writes...)
		require.Len(t, orders(t, db), 50)
	})
	t.Run("it reads what it wrote, and the journal", func(t *testing.T) {
		db, s := prepared(t)
		commit(t, db, transact(s.key, 1, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			if _, err := insert("a")(ctx, tx); err != nil {
				return nil, err
			}
			var name, workflow string
			if err := tx.QueryRow("SELECT o.name, r.workflow FROM orders o, runs r WHERE r.run = ?", s.key).Scan(&name, &workflow); err != nil {
				return nil, err
			}
			if name != "a" || workflow != "w" {
				return nil, fmt.Errorf("read %q, %q", name, workflow)
			}
			return nil, nil
		}))
	})
	t.Run("a statement prepared and rows left open", func(t *testing.T) {
		db, s := prepared(t)
		commit(t, db, transact(s.key, 1, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			stmt, err := tx.PrepareContext(ctx, "INSERT INTO orders (name) VALUES (?)")
			if err != nil {
				return nil, err
			}
			for _, name := range []string{"a", "b", "c"} {
				if _, err := stmt.Exec(name); err != nil {
					return nil, err
				}
			}
			rows, err := tx.Query("SELECT name FROM orders")
			if err != nil {
				return nil, err
			}
			rows.Next()
			return nil, nil
		}))
		require.Equal(t, []string{"a", "b", "c"}, orders(t, db))
		commit(t, db, transact(s.key, 2, insert("d")))
	})
	t.Run("committing it is not needed, and allowed", func(t *testing.T) {
		db, s := prepared(t)
		commit(t, db, transact(s.key, 1, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			defer func() { _ = tx.Rollback() }()
			if _, err := insert("a")(ctx, tx); err != nil {
				return nil, err
			}
			return nil, tx.Commit()
		}))
		require.Equal(t, []string{"a"}, orders(t, db))
	})
}

// TestTransactFails has steps fail beside another write, which must not be
// disturbed, and beside another step.
func TestTransactFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	cases := []struct {
		name string
		do   do
		is   error
		says string
	}{
		{"an error", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := insert("a")(ctx, tx)
			return nil, errors.Join(err, boom)
		}, boom, "boom"},
		{"an error after Commit", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := insert("a")(ctx, tx)
			return nil, errors.Join(err, tx.Commit(), boom)
		}, boom, "boom"},
		{"a panic", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, _ = insert("a")(ctx, tx)
			panic("ouch")
		}, nil, "panic: ouch"},
		{"the end of its goroutine", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, _ = insert("a")(ctx, tx)
			runtime.Goexit()
			return nil, nil
		}, nil, "goroutine"},
		{"Rollback", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := insert("a")(ctx, tx)
			return nil, errors.Join(err, tx.Rollback())
		}, nil, "rolled its transaction back"},
		{"a constraint", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := insert("a")(ctx, tx)
			_, again := insert("a")(ctx, tx)
			return nil, errors.Join(err, again)
		}, nil, "UNIQUE"},
		{"RAISE(ROLLBACK)", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			return insert("doom")(ctx, tx)
		}, nil, "doomed"},
		{"RAISE(ROLLBACK), and going on", func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, _ = insert("doom")(ctx, tx)
			_, err := insert("outside of any transaction")(ctx, tx)
			if err == nil {
				panic("that went through")
			}
			return nil, nil
		}, nil, "doomed"},
		{"a constraint at COMMIT", func(_ context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := tx.Exec("INSERT INTO lines VALUES (1, 4711)")
			return nil, err
		}, nil, "FOREIGN KEY"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db, s := prepared(t)
			step, well, post := transact(s.key, 1, c.do), transact(s.key, 2, insert("well")), signal(s.key, "")
			require.NoError(t, db.Commit(post, step, well))
			require.ErrorContains(t, step.Err, c.says)
			require.ErrorContains(t, step.Err, `step "record" of run`)
			if c.is != nil {
				require.ErrorIs(t, step.Err, c.is)
			}
			require.NoError(t, post.Err)
			require.NoError(t, well.Err)
			require.Equal(t, []string{"well"}, orders(t, db))
			alone := transact(s.key, 3, c.do)
			require.NoError(t, db.Commit(alone))
			require.ErrorContains(t, alone.Err, c.says)
			in, err := db.Inbox(t.Context(), s.key, 0)
			require.NoError(t, err)
			require.Len(t, in, 2)
			commit(t, db, signal(s.key, ""))
		})
	}
}

func TestTransactSchema(t *testing.T) {
	t.Parallel()
	none := func(context.Context, *sql.Tx) (json.RawMessage, error) { return nil, nil }
	t.Run("is executed once", func(t *testing.T) {
		db, s := prepared(t)
		commit(t, db, transact(s.key, 1, insert("a")), transact(s.key, 2, insert("b")))
		other := reopen(t, db.path)
		require.NoError(t, other.Join(t.Context(), silent{}))
		s = begin(t, other, activity(1))
		commit(t, other, transact(s.key, 1, insert("c")))
	})
	t.Run("is undone with a step that fails", func(t *testing.T) {
		db := openNew(t)
		s := begin(t, db, activity(1))
		step := transact(s.key, 1, func(context.Context, *sql.Tx) (json.RawMessage, error) { return nil, errors.New("no") })
		require.NoError(t, db.Commit(step))
		require.Error(t, step.Err)
		commit(t, db, transact(s.key, 1, insert("a")))
	})
	for statement, says := range map[string]string{
		"CREATE TABLE oops (":                       "its schema: SQL logic error",
		"CREATE TABLE x (run REFERENCES runs)":      "no foreign key",
		"DELETE FROM runs":                          "not authorized",
		"CREATE TABLE y (a); PRAGMA user_version=9": "not authorized",
	} {
		t.Run(statement, func(t *testing.T) {
			db := openNew(t)
			s := begin(t, db, activity(1))
			step := transact(s.key, 1, none)
			step.Schema = []string{statement}
			require.NoError(t, db.Commit(step, signal(s.key, "")))
			require.ErrorContains(t, step.Err, says)
		})
	}
}

func TestTransactForbids(t *testing.T) {
	t.Parallel()
	db, s := prepared(t)
	for i, statement := range []string{
		"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT x", "RELEASE step", "ROLLBACK TO step",
		"PRAGMA user_version = 9", "PRAGMA synchronous = OFF", "SELECT * FROM pragma_table_info('runs')", "ATTACH ':memory:' AS x", "DETACH main",
		"ANALYZE", "VACUUM",
		"UPDATE runs SET status = 'open'", "DELETE FROM events", "INSERT INTO meta VALUES ('a', 'b')", "DELETE FROM Inbox",
		"UPDATE sqlite_sequence SET seq = 0", "DELETE FROM sqlite_sequence", "DELETE FROM sqlite_schema",
		"DROP TABLE timers", "ALTER TABLE runs ADD COLUMN x", "ALTER TABLE runs RENAME TO walks", "CREATE INDEX x ON events (kind)", "DROP INDEX runs_ulid", "DROP VIEW history",
		"CREATE TRIGGER x AFTER INSERT ON events BEGIN SELECT 1; END",
		"CREATE TEMP TRIGGER x AFTER INSERT ON events BEGIN SELECT 1; END",
		"CREATE TEMP TABLE runs (x)", "CREATE TEMP VIEW runs AS SELECT 1",
		"WITH x AS (SELECT 1) DELETE FROM keys", "REPLACE INTO keys VALUES (1, 2, 3)",
	} {
		t.Run(statement, func(t *testing.T) {
			var denied error
			step := transact(s.key, int64(i+1), func(_ context.Context, tx *sql.Tx) (json.RawMessage, error) {
				_, denied = tx.Exec(statement)
				return nil, nil
			})
			commit(t, db, step, signal(s.key, ""))
			require.Error(t, denied)
			if !strings.Contains(statement, "sqlite_schema") {
				require.Regexp(t, "not authorized|prohibited|cannot VACUUM", denied.Error())
			}
		})
	}
}

func TestTransactAllows(t *testing.T) {
	t.Parallel()
	db, s := prepared(t)
	for i, statement := range []string{
		"CREATE TABLE IF NOT EXISTS more (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)", "CREATE INDEX more_b ON more (b)",
		"INSERT INTO more (b) VALUES (1), (2)", "UPDATE more SET b = b + 10", "ALTER TABLE more ADD COLUMN c", "CREATE VIEW most AS SELECT * FROM more",
		"CREATE TRIGGER t AFTER INSERT ON more BEGIN UPDATE more SET c = 1; END", "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 9) SELECT count(*) FROM n",
		"DELETE FROM more", "DROP VIEW most", "DROP TABLE more",
		"CREATE VIRTUAL TABLE words USING fts5 (word)", "INSERT INTO words VALUES ('hello')", "DROP TABLE words",
	} {
		t.Run(statement, func(t *testing.T) {
			commit(t, db, transact(s.key, int64(i+1), func(_ context.Context, tx *sql.Tx) (json.RawMessage, error) {
				_, err := tx.Exec(statement)
				return nil, err
			}))
		})
	}
}

// TestTransactSlow has a step take longer than it may beside others.
func TestTransactSlow(t *testing.T) {
	t.Parallel()
	// Long enough for a busy machine to call the step at all.
	const begun = 200 * time.Millisecond
	t.Run("it is tried again alone", func(t *testing.T) {
		db, s := prepared(t)
		db.stepTime, db.aloneTime = begun, time.Minute
		calls := 0
		slow := transact(s.key, 1, func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			if calls++; calls == 1 {
				<-ctx.Done()
				_, err := insert("too late")(context.Background(), tx)
				return nil, err
			}
			return insert("slow")(ctx, tx)
		})
		commit(t, db, signal(s.key, ""), slow)
		require.Equal(t, 2, calls)
		require.Equal(t, []string{"slow"}, orders(t, db))
	})
	t.Run("in the middle of a statement", func(t *testing.T) {
		db, s := prepared(t)
		db.stepTime, db.aloneTime = 20*time.Millisecond, 20*time.Millisecond
		endless := transact(s.key, 1, func(_ context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := tx.Exec("INSERT INTO lines WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x, NULL FROM n WHERE x < 0")
			return nil, err
		})
		post := signal(s.key, "")
		require.NoError(t, db.Commit(post, endless))
		require.ErrorIs(t, endless.Err, context.DeadlineExceeded)
		require.NoError(t, post.Err)
		db.aloneTime = time.Minute
		commit(t, db, transact(s.key, 2, insert("next")))
	})
	t.Run("one that never returns", func(t *testing.T) {
		db, s := prepared(t)
		db.stepTime, db.aloneTime = begun, time.Millisecond
		forever := make(chan struct{})
		var calls atomic.Int32
		stuck := transact(s.key, 1, func(context.Context, *sql.Tx) (json.RawMessage, error) {
			calls.Add(1)
			<-forever
			return nil, nil
		})
		require.NoError(t, db.Commit(signal(s.key, ""), stuck))
		close(forever)
		require.ErrorIs(t, stuck.Err, context.DeadlineExceeded)
		require.ErrorContains(t, stuck.Err, "still runs")
		require.Equal(t, int32(1), calls.Load())
	})
	t.Run("its handle is dead when it has returned", func(t *testing.T) {
		db, s := prepared(t)
		var kept *sql.Tx
		commit(t, db, transact(s.key, 1, func(_ context.Context, tx *sql.Tx) (json.RawMessage, error) {
			kept = tx
			return nil, nil
		}))
		_, err := kept.Exec("INSERT INTO orders (name) VALUES ('late')")
		require.ErrorIs(t, err, sql.ErrTxDone)
		require.Empty(t, orders(t, db))
	})
}

func TestOurs(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.read(bg, "list tables", func(r *reader) error {
		return r.query(bg, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')", func(r row) error {
			require.True(t, isOurs(r.text(0)), "the authorizer does not protect %s", r.text(0))
			return nil
		})
	}))
}
