package engine

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestHeartbeatOfCanceled gives up an activity that has sent heartbeats, and
// sends more until it hears of that. None is kept.
func TestHeartbeatOfCanceled(t *testing.T) {
	inWorld(t, func(w *world) {
		h := w.hooks()
		h.before = func(writes []journal.Write) {
			if holds(writes, func(a *journal.Append) bool { return strings.Contains(string(a.Event.Commands), `"cancel"`) }) {
				time.Sleep(time.Second) // in which the activity does not know it
			}
		}
		p := w.process(Config{Store: h, Bindings: []host.Binding{
			activity("a", func(ctx context.Context, in string) (string, error) {
				for ctx.Err() == nil {
					host.TaskOf(ctx).Heartbeat(json.RawMessage("1"))
					time.Sleep(10 * time.Millisecond)
				}
				return "", ctx.Err()
			}),
			workflow("w", func(h host.Host) (string, error) {
				scope, _ := h.Scope(time.Minute)
				if _, err := do(scope, "a", nil, host.Options{}); err != host.ErrTimeout {
					return "", err
				}
				return "", sleep(h, time.Hour)
			})}})
		run := p.start("w", "", nil)
		time.Sleep(30 * time.Second)
		details, err := p.store.Details(w.Context(), run)
		require.NoError(t, err)
		require.Len(t, details.Progress, 1)
		time.Sleep(time.Minute)
		require.Equal(t, journal.Waiting, w.row(run).Phase)
		w.check()
		_, err = p.result(run)
		require.NoError(t, err)
		p.suspend()
	})
}

// TestHeartbeatOfCanceledBeforeItBegan gives up an activity while the turn that
// asks for it is on its way to the disk. So it begins with nobody waiting for it,
// and its heartbeats are not kept.
func TestHeartbeatOfCanceledBeforeItBegan(t *testing.T) {
	inWorld(t, func(w *world) {
		h := w.hooks()
		h.before = func(writes []journal.Write) {
			if holds(writes, func(a *journal.Append) bool { return len(a.Event.Commands) > 0 }) {
				time.Sleep(time.Second)
			}
		}
		var began atomic.Bool
		p := w.process(Config{Store: h, Bindings: []host.Binding{
			activity("a", func(ctx context.Context, in string) (string, error) {
				began.Store(true)
				host.TaskOf(ctx).Heartbeat(json.RawMessage("1"))
				<-ctx.Done()
				return "", ctx.Err()
			}),
			workflow("w", func(h host.Host) (string, error) {
				scope, _ := h.Scope(2 * time.Second)
				if err := sleep(h, 3*time.Second/2); err != nil {
					return "", err
				}
				if _, err := do(scope, "a", nil, host.Options{}); err != host.ErrTimeout {
					return "", err
				}
				return "", sleep(h, time.Hour)
			})}})
		run := p.start("w", "", nil)
		time.Sleep(time.Minute)
		require.True(t, began.Load())
		require.Equal(t, journal.Waiting, w.row(run).Phase)
		w.check()
		p.suspend()
	})
}
