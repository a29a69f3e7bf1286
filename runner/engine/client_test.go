package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestClientAtEveryCommit has another process interfere with a run after each of
// its commits, before its own process knows that it was made.
func TestClientAtEveryCommit(t *testing.T) {
	type outcome struct {
		status journal.Status
		err    error
	}
	finished := outcome{status: journal.StatusCompleted}
	for name, c := range map[string]struct {
		interfere func(ctx context.Context, e *Engine, run int64) error
		ends      outcome // or the run has finished before
	}{
		"cancel": {
			func(ctx context.Context, e *Engine, run int64) error { return e.Cancel(ctx, run, "ada", "") },
			outcome{journal.StatusCanceled, host.ErrCanceled},
		},
		"terminate": {
			func(ctx context.Context, e *Engine, run int64) error { return e.Terminate(ctx, run, "ada", "") },
			outcome{journal.StatusTerminated, ErrTerminated},
		},
		"resume": {
			func(ctx context.Context, e *Engine, run int64) error { return e.Resume(ctx, run) },
			finished,
		},
		"signal, which nobody waits for": {
			func(ctx context.Context, e *Engine, run int64) error {
				_, err := e.Signal(ctx, run, SignalRequest{Name: "other"})
				return err
			},
			finished,
		},
		"start": {
			func(ctx context.Context, e *Engine, run int64) error {
				_, fresh, err := e.Start(ctx, StartRequest{Workflow: "all", ID: "x"})
				if fresh {
					return errors.New("started twice")
				}
				return err
			},
			finished,
		},
	} {
		for commit, last := 1, 2; commit <= last; commit++ {
			t.Run(fmt.Sprint(name, " after commit ", commit), func(t *testing.T) {
				inWorld(t, func(w *world) {
					var did ledger
					var mu sync.Mutex
					commits := 0
					h, client := w.hooks(), w.client()
					h.after = func(writes []journal.Write) {
						mu.Lock()
						commits++
						now := commits == commit
						mu.Unlock()
						if now && w.exists(1) {
							if err := c.interfere(w.Context(), client, 1); !errors.Is(err, journal.ErrClosed) {
								require.NoError(t, err)
							}
						}
					}
					p := w.process(Config{Store: h, Bindings: everything(&did)})
					run := p.start("all", "x", 1)
					_, err := p.Signal(w.Context(), run, SignalRequest{Name: "go", Payload: json.RawMessage("7")})
					if !errors.Is(err, journal.ErrClosed) {
						require.NoError(t, err)
					}
					_, err = p.result(run)
					if w.row(run).Status == finished.status {
						require.NoError(t, err)
					} else {
						require.Equal(t, c.ends.status, w.row(run).Status)
						require.ErrorIs(t, err, c.ends.err)
					}
					p.suspend()
					last = max(last, commits)
				})
			})
		}
	}
}

// exists reports whether there is a run with that key.
func (w *world) exists(key int64) bool {
	_, err := w.disk.Open().Run(w.Context(), journal.Ref{Key: key})
	return err == nil
}

// TestStartAtOnce starts one id from many sides at the same time.
func TestStartAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) { return "", sleep(h, time.Hour) })}
		a, b := w.process(Config{Bindings: bindings}), w.process(Config{Bindings: bindings})
		engines := []*Engine{a.Engine, b.Engine, w.client(), w.client(bindings...)}
		var wg sync.WaitGroup
		var mu sync.Mutex
		keys, fresh := map[int64]bool{}, 0
		for i := range 40 {
			wg.Go(func() {
				row, first, err := engines[i%len(engines)].Start(w.Context(), StartRequest{Workflow: "w", ID: "x"})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("starting: %v", err)
				}
				keys[row.Key] = true
				if first {
					fresh++
				}
			})
		}
		wg.Wait()
		require.Len(t, keys, 1)
		require.Equal(t, 1, fresh)
		for key := range keys {
			_, err := b.result(key)
			require.NoError(t, err)
		}
		a.suspend()
		b.suspend()
	})
}
