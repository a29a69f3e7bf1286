package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// counter returns when it has received n signals named "go".
func counter(n int) host.Binding {
	return workflow("w", func(h host.Host) (string, error) {
		box := h.Mailbox("go")
		if err := h.Await(func() bool { return box.Len() >= n }); err != nil {
			return "", err
		}
		return fmt.Sprint(box.Len()), nil
	})
}

// TestSignalAtTheWrongMoment sends one from another process when this one has
// written something and does not know yet.
func TestSignalAtTheWrongMoment(t *testing.T) {
	t.Run("the run is just being created", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h := w.hooks()
			h.after = func(writes []journal.Write) {
				if holds(writes, func(*journal.Create) bool { return true }) {
					_, err := w.client().Signal(w.Context(), 1, SignalRequest{Name: "go"})
					require.NoError(t, err)
				}
			}
			p := w.process(Config{Store: h, Bindings: []host.Binding{counter(1)}})
			out, err := p.result(p.start("w", "", nil))
			require.NoError(t, err)
			require.Equal(t, "1", out)
			p.suspend()
		})
	})
	t.Run("the run is just being loaded", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: []host.Binding{counter(2)}})
			run := p.start("w", "", nil)
			p.suspend()
			send := func() {
				_, err := w.client().Signal(w.Context(), run, SignalRequest{Name: "go"})
				require.NoError(t, err)
			}
			send()
			h, reads := w.hooks(), 0
			h.read = func(int64) {
				if reads++; reads == 1 {
					send()
				}
			}
			p = w.process(Config{Store: h, Bindings: []host.Binding{counter(2)}})
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, "2", out)
			p.suspend()
		})
	})
	t.Run("its end is refused because of another one", func(t *testing.T) {
		inWorld(t, func(w *world) {
			refused := false
			h := w.hooks()
			h.before = func(writes []journal.Write) {
				if !refused && holds(writes, func(a *journal.Append) bool { return a.End != "" }) {
					refused = true
					_, err := w.client().Signal(w.Context(), 1, SignalRequest{Name: "go"})
					require.NoError(t, err)
				}
			}
			var did ledger
			p := w.process(Config{Store: h, Bindings: []host.Binding{did.echo("a"),
				workflow("w", func(h host.Host) (string, error) {
					if _, err := do(h, "a", 1, host.Options{}); err != nil {
						return "", err
					}
					box := h.Mailbox("go")
					if box.Len() == 0 {
						return "unread", nil
					}
					return "read", h.Await(func() bool { return box.Len() == 2 })
				})}})
			run := p.start("w", "", nil)
			synctest.Wait()
			require.True(t, refused)
			p.signal(run, "go", "2")
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"read"`, out)
			p.suspend()
		})
	})
	t.Run("its sender has stopped waiting", func(t *testing.T) {
		inWorld(t, func(w *world) {
			h := w.hooks()
			ctx, cancel := context.WithCancel(w.Context())
			h.before = func(writes []journal.Write) {
				if holds(writes, func(*journal.Post) bool { return true }) || holds(writes, isStraight) {
					cancel()
					time.Sleep(time.Millisecond)
				}
			}
			p := w.process(Config{Store: h, Bindings: []host.Binding{counter(1)}})
			run := p.start("w", "", nil)
			_, err := p.Signal(ctx, run, SignalRequest{Name: "go"})
			require.ErrorIs(t, err, context.Canceled)
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, "1", out)
			p.suspend()
		})
	})
}

// TestResultOfStuckRun has an activity return at every moment of its run's
// becoming stuck. Its result is kept: it is not executed again.
func TestResultOfStuckRun(t *testing.T) {
	mended := func(did *ledger, gate chan struct{}) []host.Binding {
		return []host.Binding{did.gated("slow", gate), did.echo("b"),
			workflow("w", func(h host.Host) (string, error) {
				slow := h.Activity("slow", json.RawMessage("1"), host.Options{})
				if _, err := do(h, "b", 2, host.Options{}); err != nil {
					return "", err
				}
				return get(h, slow)
			})}
	}
	for _, when := range []string{"before the commit", "after the commit", "long after", "when it was resumed"} {
		t.Run(when, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var did ledger
				gate := make(chan struct{})
				finish := func() {
					close(gate)
					time.Sleep(time.Millisecond)
				}
				on := func(moment string) func([]journal.Write) {
					return func(writes []journal.Write) {
						if when == moment && holds(writes, func(*journal.Stick) bool { return true }) {
							finish()
						}
					}
				}
				h := w.hooks()
				h.before, h.after = on("before the commit"), on("after the commit")
				all := mended(&did, gate)
				p := w.process(Config{Store: h, Bindings: []host.Binding{all[0], all[2]}}) // b is not bound
				run := p.start("w", "", nil)
				time.Sleep(time.Second)
				require.Equal(t, journal.StatusStuck, w.row(run).Status)
				if when == "long after" {
					finish()
				}
				if when != "when it was resumed" {
					p.suspend()
					p = w.process(Config{Bindings: all})
				} else {
					synctest.Wait() // nobody reads them now
					p.bindings["b"] = &all[1]
				}
				require.NoError(t, p.Resume(w.Context(), run))
				if when == "when it was resumed" {
					synctest.Wait()
					finish()
				}
				out, err := p.result(run)
				require.NoError(t, err)
				require.Equal(t, `"1"`, out)
				require.Equal(t, []string{"slow 1", "b 2"}, did.all())
				p.suspend()
			})
		})
	}
}
