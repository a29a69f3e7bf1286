package engine

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEndAmongSignals lets senders of another process be faster than each commit
// that would end a run. It ends all the same, and each signal is delivered once
// or shown as unread.
func TestEndAmongSignals(t *testing.T) {
	ends := map[string]struct {
		wait func(h host.Host) error
		kind string
	}{
		"by a result": {func(h host.Host) error { _, err := do(h, "a", 1, host.Options{}); return err }, string(journal.ActivityCompleted)},
		"by a timer":  {func(h host.Host) error { return sleep(h, time.Minute) }, string(journal.TimerFired)},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var did ledger
				var sent []int64
				tries, h, sender := 0, w.hooks(), w.disk.Open()
				h.before = func(writes []journal.Write) {
					if !holds(writes, func(a *journal.Append) bool { return a.End != "" }) {
						return
					}
					tries++
					for range 3 {
						post := &journal.Post{Run: 1, Message: journal.Message{Kind: journal.SignalMessage, Name: "go", At: time.Now()}}
						require.NoError(t, sender.Commit(post))
						require.NoError(t, post.Err)
						sent = append(sent, post.Message.ID)
					}
				}
				p := w.process(Config{Store: h, Bindings: []host.Binding{did.echo("a"),
					workflow("w", func(h host.Host) (string, error) { return "done", end.wait(h) })}})
				run := p.start("w", "", nil)
				out, err := p.result(run)
				require.NoError(t, err)
				require.Equal(t, `"done"`, out)
				require.Equal(t, refusals+1, tries)

				var got []int64
				events, err := sender.History(w.Context(), run, 0, 0)
				require.NoError(t, err)
				require.Equal(t, end.kind, string(events[len(events)-1].Kind))
				for i := range events {
					if events[i].Kind == journal.SignalReceived {
						got = append(got, events[i].Facts().Message)
					}
				}
				require.Len(t, got, 3*refusals)
				unread, err := sender.Inbox(w.Context(), run, 0)
				require.NoError(t, err)
				for _, m := range unread {
					got = append(got, m.ID)
				}
				require.Equal(t, sent, got)
				require.LessOrEqual(t, did.len(), 1)
				late := &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: "go", At: time.Now()}}
				require.NoError(t, sender.Commit(late))
				require.ErrorIs(t, late.Err, journal.ErrClosed)
				p.suspend()
			})
		})
	}
}

// TestEndInFile has goroutines send through handles of their own on one SQLite
// file, without a pause, until they are told that the run has ended.
func TestEndInFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	open := func() *sqlite.DB {
		db, err := sqlite.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	db := open()
	flooded := make(chan struct{})
	e, err := New(Config{Store: db, Bindings: []host.Binding{
		activity("a", func(context.Context, string) (string, error) { <-flooded; return "done", nil }),
		workflow("w", func(h host.Host) (string, error) { return do(h, "a", 1, host.Options{}) })}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	row, _, err := e.Start(ctx, StartRequest{Workflow: "w"})
	require.NoError(t, err)

	var mu sync.Mutex
	var senders, warm sync.WaitGroup
	acknowledged := map[int64]bool{}
	for range 3 {
		sender := open()
		warm.Add(1)
		senders.Go(func() {
			ready := sync.OnceFunc(warm.Done)
			defer ready()
			for n := 1; ; n++ {
				post := &journal.Post{Run: row.Key, Message: journal.Message{Kind: journal.SignalMessage, Name: "go", At: time.Now()}}
				err := errors.Join(sender.Commit(post), post.Err)
				if err != nil {
					assert.ErrorIs(t, err, journal.ErrClosed)
					return
				}
				mu.Lock()
				acknowledged[post.Message.ID] = true
				mu.Unlock()
				if n == 10 {
					ready()
				}
			}
		})
	}
	warm.Wait()
	close(flooded)
	out, err := e.Result(ctx, row.Key)
	require.NoError(t, err)
	require.JSONEq(t, `"done"`, string(out))
	senders.Wait()
	stop()
	require.NoError(t, <-ended)

	events, err := db.History(context.Background(), row.Key, 0, 0)
	require.NoError(t, err)
	unread, err := db.Inbox(context.Background(), row.Key, 0)
	require.NoError(t, err)
	found := map[int64]bool{}
	for i := range events {
		if events[i].Kind == journal.SignalReceived {
			id := events[i].Facts().Message
			require.False(t, found[id], "message %d was delivered twice", id)
			found[id] = true
		}
	}
	for _, m := range unread {
		require.False(t, found[m.ID], "message %d was delivered, and is unread", m.ID)
		found[m.ID] = true
	}
	require.Equal(t, acknowledged, found)
	for v, err := range journal.Check(context.Background(), db) {
		require.NoError(t, err)
		t.Errorf("the journal is broken: %v", v)
	}
	t.Logf("%d signals were delivered, %d are unread", len(found)-len(unread), len(unread))
}

// TestUnread has a workflow return without having taken what it was sent.
func TestUnread(t *testing.T) {
	inWorld(t, func(w *world) {
		code := workflow("w", func(h host.Host) (string, error) {
			h.Answer("how many", func() (json.RawMessage, error) { return json.Marshal(h.Mailbox("go").Len()) })
			if _, err := do(h, "a", 1, host.Options{}); err != nil {
				return "", err
			}
			box := h.Mailbox("go")
			if err := h.Await(func() bool { return box.Len() == 3 }); err != nil {
				return "", err
			}
			box.Pop()
			return "done", nil
		})
		var did ledger
		p := w.process(Config{Bindings: []host.Binding{did.echo("a"), code}})
		run := p.start("w", "", nil)
		for _, name := range []string{"go", "other", "go", "go"} {
			p.signal(run, name, "1")
		}
		_, err := p.result(run)
		require.NoError(t, err)
		p.suspend()

		history, err := w.disk.Open().History(w.Context(), run, 0, 0)
		require.NoError(t, err)
		state, err := journal.Fold(history)
		require.NoError(t, err)
		var unread []string
		for _, s := range state.Signals {
			if s.Unread {
				unread = append(unread, s.Name)
			}
		}
		require.Equal(t, []string{"other", "go", "go"}, unread)

		// An older journal does not say so, and is replayed all the same.
		last := &history[len(history)-1]
		w.disk.Corrupt(run, last.Seq, func(e *journal.Event) {
			commands, err := e.Asked()
			require.NoError(t, err)
			commands[0].Unread = nil
			e.Commands = journal.AppendCommands(nil, commands)
			journal.Seal(history[last.Seq-2].Sum, e)
		})
		answer, err := w.client(code).Query(w.Context(), run, "how many")
		require.NoError(t, err)
		require.Equal(t, "2", string(answer))
		w.disk.Corrupt(run, last.Seq, func(e *journal.Event) { *e = *last })
	})
}
