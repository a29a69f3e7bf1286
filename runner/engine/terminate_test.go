package engine

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

func TestTerminateReachesEverybody(t *testing.T) {
	for _, by := range []string{"its own process", "another process"} {
		t.Run(by, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var did ledger
				bindings := []host.Binding{
					activity("long", func(ctx context.Context, in string) (string, error) {
						<-ctx.Done()
						did.add("stopped: %v", context.Cause(ctx))
						return "", ctx.Err()
					}),
					workflow("parent", func(h host.Host) (string, error) {
						_, err := get(h, h.Child("child", "child", nil, host.Options{}))
						return err.Error(), nil
					}),
					workflow("child", func(h host.Host) (string, error) {
						h.Child("grandchild", "grandchild", nil, host.Options{})
						return do(h, "long", nil, host.Options{})
					}),
					workflow("grandchild", func(h host.Host) (string, error) { return "", sleep(h, time.Hour) })}
				p := w.process(Config{Bindings: bindings})
				parent := p.start("parent", "", nil)
				synctest.Wait()
				child, err := p.store.Run(w.Context(), journal.Ref{ID: "child"})
				require.NoError(t, err)
				grandchild, err := p.store.Run(w.Context(), journal.Ref{ID: "grandchild"})
				require.NoError(t, err)

				e := p.Engine
				if by == "another process" {
					e = w.client()
				}
				require.NoError(t, e.Terminate(w.Context(), child.Key, "ada", "enough"))
				synctest.Wait()
				require.Equal(t, []string{"stopped: canceled"}, did.all())
				out, err := p.result(parent)
				require.NoError(t, err)
				require.Equal(t, `"the run was terminated: enough"`, out)
				_, err = p.result(grandchild.Key)
				require.ErrorIs(t, err, host.ErrCanceled)
				_, err = p.result(child.Key)
				require.ErrorIs(t, err, ErrTerminated)
				p.suspend()
			})
		})
	}
}

// TestTerminatedWhileLoading ends the run after it was claimed.
func TestTerminatedWhileLoading(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{did.echo("a"), workflow("w", func(h host.Host) (string, error) {
			if err := h.Await(func() bool { return h.Mailbox("go").Len() > 0 }); err != nil {
				return "", err
			}
			return do(h, "a", 1, host.Options{})
		})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		p.suspend()
		_, err := w.client().Signal(w.Context(), run, SignalRequest{Name: "go", Payload: json.RawMessage("1")})
		require.NoError(t, err)
		h := w.hooks()
		h.after = func(writes []journal.Write) {
			if holds(writes, func(c *journal.Claim) bool { return len(c.Claimed) > 0 }) {
				require.NoError(t, w.client().Terminate(w.Context(), run, "", ""))
			}
		}
		p = w.process(Config{Store: h, Bindings: bindings})
		_, err = p.result(run)
		require.ErrorIs(t, err, ErrTerminated)
		p.mu.Lock()
		require.Empty(t, p.runs)
		p.mu.Unlock()
		p.suspend()
		require.Empty(t, did.all())
	})
}
