package engine

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// reader waits for n signals named "go" and returns what they say, in order.
func reader(n int) host.Binding {
	return workflow("w", func(h host.Host) (said string, err error) {
		box := h.Mailbox("go")
		for range n {
			if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
				return "", err
			}
			said += string(box.Pop().Payload)
		}
		return "said " + said, nil
	})
}

func isStraight(a *journal.Append) bool { return a.Straight }

// counted is a handle that counts commits of signals: those by the inbox, and those
// that went straight.
func (w *world) counted() (h *hooks, sent func() []int32) {
	var posts, straight atomic.Int32
	h = w.hooks()
	h.after = func(writes []journal.Write) {
		for _, write := range writes {
			switch write := write.(type) {
			case *journal.Post:
				posts.Add(1)
			case *journal.Append:
				if write.Straight && write.Err == nil {
					straight.Add(1)
				}
			}
		}
	}
	return h, func() []int32 { return []int32{posts.Load(), straight.Load()} }
}

// TestStraight sends signals from the process that runs the workflow.
func TestStraight(t *testing.T) {
	t.Run("to a run that rests", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h, sent := w.counted()
			p := w.process(Config{Store: h, Bindings: []host.Binding{reader(2)}})
			run := p.start("w", "", nil)
			p.signal(run, "go", "1")
			require.Equal(t, []string{"run.started", "signal.received"}, w.history(run), "acknowledged is delivered")
			p.signal(run, "go", "2")
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"said 12"`, out)
			require.Equal(t, []int32{0, 2}, sent())
			_, err = p.Signal(w.Context(), run, SignalRequest{Name: "go"})
			require.ErrorIs(t, err, journal.ErrClosed)
			p.suspend()
		})
	})
	t.Run("with a key", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h, sent := w.counted()
			p := w.process(Config{Store: h, Bindings: []host.Binding{reader(2)}})
			run := p.start("w", "", nil)
			for i := range 2 {
				again, err := p.Signal(w.Context(), run, SignalRequest{Name: "go", Payload: json.RawMessage("1"), Key: "k"})
				require.NoError(t, err)
				require.Equal(t, i == 1, again)
			}
			require.Equal(t, []int32{2, 0}, sent())
			p.suspend()
		})
	})
	t.Run("behind one of the same process that is on its way", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h, sent := w.counted()
			p := w.process(Config{Store: h, Bindings: []host.Binding{reader(2)}})
			run := p.start("w", "", nil)
			var second sync.WaitGroup
			h.before = func([]journal.Write) {
				h.before = nil
				second.Go(func() { p.signal(run, "go", "2") })
				synctest.Wait()
			}
			_, err := p.Signal(w.Context(), run, SignalRequest{Name: "go", Payload: json.RawMessage("1"), Key: "k"})
			require.NoError(t, err)
			second.Wait()
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"said 12"`, out)
			require.Equal(t, []int32{2, 0}, sent())
			p.suspend()
		})
	})
	t.Run("behind one from another process", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h, sent := w.counted()
			other := false
			h.before = func(writes []journal.Write) {
				if !other && holds(writes, isStraight) {
					other = true
					_, err := w.client().Signal(w.Context(), 1, SignalRequest{Name: "go", Payload: json.RawMessage("1")})
					require.NoError(t, err)
				}
			}
			p := w.process(Config{Store: h, Bindings: []host.Binding{reader(3)}})
			run := p.start("w", "", nil)
			p.signal(run, "go", "2")
			p.signal(run, "go", "3") // the inbox is where this run's signals come together now
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"said 123"`, out)
			require.Equal(t, []int32{2, 0}, sent())
			p.suspend()
		})
	})
	t.Run("refused while a result comes that it would have made unwanted", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var did ledger
			gate := make(chan struct{})
			h := w.hooks()
			h.before = func(writes []journal.Write) {
				if holds(writes, isStraight) {
					_, err := w.client().Signal(w.Context(), 1, SignalRequest{Name: "other"})
					require.NoError(t, err)
					close(gate)
					synctest.Wait()
				}
			}
			p := w.process(Config{Store: h, Bindings: []host.Binding{did.gated("a", gate), workflow("w", func(h host.Host) (string, error) {
				first, other := h.Mailbox("go"), h.Mailbox("other")
				scope, cancel := h.Scope(0)
				a := scope.Activity("a", json.RawMessage("1"), host.Options{})
				if err := h.Await(func() bool { return first.Len()+other.Len() > 0 }); err != nil {
					return "", err
				}
				if first.Len() > 0 {
					cancel()
					_ = sleep(h, time.Hour)
				}
				return get(h, a)
			})}})
			run := p.start("w", "", nil)
			p.signal(run, "go", "2")
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"1"`, out)
			require.Equal(t, []string{"a 1"}, did.all())
			p.suspend()
		})
	})
	t.Run("to a run that somebody ends", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h := w.hooks()
			h.before = func(writes []journal.Write) {
				if holds(writes, isStraight) {
					require.NoError(t, w.client().Terminate(w.Context(), 1, "ada", ""))
				}
			}
			p := w.process(Config{Store: h, Bindings: []host.Binding{reader(1)}})
			_, err := p.Signal(w.Context(), p.start("w", "", nil), SignalRequest{Name: "go"})
			require.ErrorIs(t, err, journal.ErrClosed)
			p.suspend()
		})
	})
	t.Run("to a run that becomes stuck over it", func(t *testing.T) {
		inWorld(t, func(w *world) {
			broken := true
			b := workflow("w", func(h host.Host) (string, error) {
				box := h.Mailbox("go")
				err := h.Await(func() bool { return box.Len() > 0 })
				if broken && err == nil {
					panic("not yet")
				}
				return "mended", err
			})
			p := w.process(Config{Bindings: []host.Binding{b}})
			run := p.start("w", "", nil)
			p.signal(run, "go", "1")
			synctest.Wait()
			require.Equal(t, journal.StatusStuck, w.row(run).Status)
			broken = false
			require.NoError(t, p.Resume(w.Context(), run))
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"mended"`, out)
			p.suspend()
		})
	})
	t.Run("when the disk fails", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: []host.Binding{reader(1)}})
			run := p.start("w", "", nil)
			w.disk.Inject(func(_ *journal.MemoryStore, writes []journal.Write) journal.Fault {
				if holds(writes, isStraight) {
					return journal.CrashBefore
				}
				return journal.NoFault
			})
			_, err := p.Signal(w.Context(), run, SignalRequest{Name: "go"})
			require.ErrorIs(t, err, journal.ErrBroken)
			p.kill()
			w.disk.Inject(nil)
			require.Equal(t, []string{"run.started"}, w.history(run))
		})
	})
	t.Run("while the workflow computes", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h, sent := w.counted()
			b := workflow("w", func(h host.Host) (said string, err error) {
				box := h.Mailbox("go")
				for range 2 {
					if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
						return "", err
					}
					said += string(box.Pop().Payload)
					time.Sleep(time.Second)
				}
				return "said " + said, nil
			})
			p := w.process(Config{Store: h, Bindings: []host.Binding{b}})
			run := p.start("w", "", nil)
			ctx, cancel := context.WithTimeout(w.Context(), time.Millisecond)
			defer cancel()
			_, err := p.Signal(ctx, run, SignalRequest{Name: "go", Payload: json.RawMessage("1")})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			p.signal(run, "go", "2") // acknowledged at once, and therefore first
			require.Equal(t, []int32{1, 0}, sent())
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"said 21"`, out)
			require.Equal(t, []int32{2, 0}, sent())
			p.suspend()
		})
	})
}
