package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/journal/journaltest"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/stretchr/testify/require"
)

// A txStore is a journal in a file that lets a test do something at the very
// moment when it matters.
type txStore struct {
	*sqlite.DB
	before func([]journal.Write) // a commit
	read   func()                // an inbox was read
}

func (s *txStore) Commit(writes ...journal.Write) error {
	if s.before != nil {
		s.before(writes)
	}
	return s.DB.Commit(writes...)
}

func (s *txStore) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	messages, err := s.DB.Inbox(ctx, run, after)
	if s.read != nil {
		s.read()
	}
	return messages, err
}

func isStep(*journal.Transact) bool { return true }

// tardy starts every task a little later than asked for.
type tardy struct{ *goroutines }

func (s tardy) Go(task Task) {
	s.goroutines.Go(func() Task {
		time.Sleep(time.Millisecond)
		return task
	})
}

// A step is one that writes a row each time, and fails as often as asked.
func step(fails int) host.Binding {
	return host.Binding{Name: "tx", Schema: []string{`CREATE TABLE done (attempt INTEGER)`},
		Tx: func(ctx context.Context, tx *sql.Tx, _ json.RawMessage) (json.RawMessage, error) {
			attempt := host.TaskOf(ctx).Attempt
			if _, err := tx.ExecContext(ctx, `INSERT INTO done VALUES (?)`, attempt); err != nil {
				return nil, err
			}
			if attempt <= fails {
				return nil, errBoom
			}
			return json.RawMessage(`"written"`), nil
		}}
}

// onFile calls fn in a bubble with a new journal in a file, and returns how many
// rows there are in the end.
func onFile(t *testing.T, fn func(t *testing.T, s *txStore)) (rows int) {
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(path, sqlite.Exclusive)
		require.NoError(t, err)
		fn(t, &txStore{DB: db})
		journaltest.Verify(t, db)
		require.NoError(t, db.Close())
	})
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	if err := db.QueryRow(`SELECT count(*) FROM done`).Scan(&rows); err != nil {
		require.ErrorContains(t, err, "no such table") // it is made by the first step that succeeds
	}
	return rows
}

// running runs an engine until the returned function is called.
func running(t *testing.T, c Config) (*Engine, func()) {
	e, err := New(c)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- e.Run(ctx) }()
	<-e.Ready()
	return e, func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

// TestStepSuspendedInTheQueue stops the process while the group of a step is on
// its way: the result is that of the step.
func TestStepSuspendedInTheQueue(t *testing.T) {
	rows := onFile(t, func(t *testing.T, s *txStore) {
		c := Config{Store: s, Bindings: []host.Binding{step(0), workflow("w", func(h host.Host) (string, error) {
			out, err := get(h, h.Tx("tx", nil, host.Options{}))
			if err != nil {
				return "", err
			}
			return out, sleep(h, time.Minute)
		})}}
		reached := make(chan struct{}, 1)
		s.before = func(writes []journal.Write) {
			if holds(writes, isStep) {
				reached <- struct{}{}
				time.Sleep(time.Second)
			}
		}
		e, stop := running(t, c)
		row, _, err := e.Start(t.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		<-reached
		stop()
		s.before = nil
		e, stop = running(t, c)
		out, err := e.Result(t.Context(), row.Key)
		require.NoError(t, err)
		require.Equal(t, `"written"`, string(out))
		stop()
	})
	require.Equal(t, 1, rows)
}

// TestStepOfRebuiltRun has a step be recorded while its run, whose end was
// refused, is being rebuilt: after its inbox was read.
func TestStepOfRebuiltRun(t *testing.T) {
	rows := onFile(t, func(t *testing.T, s *txStore) {
		var did ledger
		gate := make(chan struct{})
		var refused, rebuilt atomic.Bool
		s.before = func(writes []journal.Write) {
			switch {
			case !refused.Load() && holds(writes, func(a *journal.Append) bool { return a.End != "" }):
				refused.Store(true)
				p := &journal.Post{Run: 1, Message: journal.Message{Kind: journal.SignalMessage, Name: "go", At: time.Now()}}
				require.NoError(t, s.DB.Commit(p))
				close(gate)
				time.Sleep(time.Second) // in which the step is queued
			case !rebuilt.Load() && holds(writes, isStep):
				time.Sleep(10 * time.Millisecond) // until the inbox was read
			}
		}
		s.read = func() {
			if refused.Load() && !rebuilt.Load() {
				time.Sleep(20 * time.Millisecond) // until the step is recorded
				rebuilt.Store(true)
			}
		}
		e, stop := running(t, Config{Store: s, Scheduler: tardy{newGoroutines()}, Concurrency: 1,
			Bindings: []host.Binding{step(0), did.gated("first", gate), workflow("w", func(h host.Host) (string, error) {
				h.Activity("first", nil, host.Options{})
				tx := h.Tx("tx", nil, host.Options{}) // which waits for its turn
				if err := sleep(h, time.Second); err != nil || h.Mailbox("go").Len() == 0 {
					return "", err
				}
				out, err := get(h, tx)
				if err != nil {
					return "", err
				}
				return out, sleep(h, time.Minute)
			})}})
		row, _, err := e.Start(t.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		out, err := e.Result(t.Context(), row.Key)
		require.NoError(t, err)
		require.Equal(t, `"written"`, string(out))
		require.True(t, refused.Load())
		stop()
		time.Sleep(time.Second) // for tasks that were late
	})
	require.Equal(t, 1, rows)
}

// TestStepCanceledInTheQueue gives a step up in a turn that is written just
// before it: it is not executed.
func TestStepCanceledInTheQueue(t *testing.T) {
	rows := onFile(t, func(t *testing.T, s *txStore) {
		var did ledger
		gate := make(chan struct{})
		s.before = func(writes []journal.Write) {
			if holds(writes, func(a *journal.Append) bool { return a.Event.Kind == journal.TimerFired && a.Event.Seq == 2 }) {
				close(gate)
				time.Sleep(time.Second) // in which the step is queued
			}
		}
		e, stop := running(t, Config{Store: s, Concurrency: 1,
			Bindings: []host.Binding{step(0), did.gated("first", gate), workflow("w", func(h host.Host) (string, error) {
				h.Activity("first", nil, host.Options{})
				scope, _ := h.Scope(time.Second)
				if _, err := get(scope, scope.Tx("tx", nil, host.Options{})); err != host.ErrTimeout {
					return "", err
				}
				if err := sleep(h, time.Minute); err != nil {
					return "", err
				}
				return get(h, h.Tx("tx", nil, host.Options{}))
			})}})
		row, _, err := e.Start(t.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		out, err := e.Result(t.Context(), row.Key)
		require.NoError(t, err)
		require.Equal(t, `"written"`, string(out))
		stop()
	})
	require.Equal(t, 1, rows)
}

// TestStepWithoutRoom has the disk be full for a step alone. It waits, and that
// is no failed attempt.
func TestStepWithoutRoom(t *testing.T) {
	inWorld(t, func(w *world) {
		h := w.hooks()
		began := time.Now()
		h.after = func(writes []journal.Write) {
			for _, wr := range writes {
				if tx, ok := wr.(*journal.Transact); ok {
					if journal.Refuse(tx, nil); time.Since(began) < time.Hour {
						journal.Refuse(tx, journal.ErrFull)
						continue
					}
					require.NoError(t, h.MemoryStore.Commit(&journal.Post{Run: tx.Run, Message: journal.Message{
						Kind: journal.ResultMessage, Event: journal.ActivityCompleted, Op: tx.Op, Name: tx.Name, Data: json.RawMessage(`"written"`), At: tx.At}}))
				}
			}
		}
		p := w.process(Config{Store: h, Bindings: []host.Binding{step(0), workflow("w", func(h host.Host) (string, error) {
			return get(h, h.Tx("tx", nil, host.Options{Attempts: 1}))
		})}})
		out, err := p.result(p.start("w", "", nil))
		require.NoError(t, err)
		require.Equal(t, `"written"`, out)
		require.GreaterOrEqual(t, time.Since(began), time.Hour)
		p.suspend()
	})
}
