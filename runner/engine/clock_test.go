package engine

import (
	"context"
	"testing"
	"time"

	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// An offClock is a machine whose wall clock is off.
type offClock struct {
	*goroutines
	by time.Duration
}

func (c offClock) Now() time.Time { return c.goroutines.Now().Add(c.by) }

func TestClockJumps(t *testing.T) {
	bindings := []host.Binding{workflow("nap", func(h host.Host) (string, error) {
		began := h.Now()
		err := sleep(h, 30*time.Minute)
		return h.Now().Sub(began).String(), err
	})}
	t.Run("an hour ahead after a crash: an overdue timer fires at once", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: bindings})
			run := p.start("nap", "", nil)
			time.Sleep(time.Minute)
			p.kill()
			began := time.Now()
			p = w.process(Config{Bindings: bindings, Scheduler: offClock{newGoroutines(), time.Hour}})
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"1h1m0s"`, out)
			require.Zero(t, time.Since(began))
			p.suspend()
		})
	})
	t.Run("an hour back after a crash: it fires not before its deadline, and time in the workflow does not go back", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: bindings})
			run := p.start("nap", "", nil)
			time.Sleep(time.Minute)
			p.kill()
			began := time.Now()
			p = w.process(Config{Bindings: bindings, Scheduler: offClock{newGoroutines(), -time.Hour}})
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"30m0s"`, out)
			require.Equal(t, 89*time.Minute, time.Since(began))
			p.suspend()
		})
	})
	t.Run("an hour back after a failed attempt: the history does not go back", func(t *testing.T) {
		inWorld(t, func(w *world) {
			bindings := []host.Binding{
				activity("fail", func(context.Context, string) (string, error) {
					time.Sleep(time.Second)
					return "", errBoom
				}),
				workflow("stubborn", func(h host.Host) (string, error) {
					h.Activity("fail", nil, host.Options{Initial: time.Hour})
					return "over", h.Await(func() bool { return h.Mailbox("stop").Len() > 0 })
				}),
			}
			p := w.process(Config{Bindings: bindings, Scheduler: offClock{newGoroutines(), time.Hour}})
			run := p.start("stubborn", "", nil)
			time.Sleep(2 * time.Second)
			require.Equal(t, []string{"run.started", "attempt.failed"}, w.history(run))
			p.kill()
			p = w.process(Config{Bindings: bindings})
			p.signal(run, "stop", "null")
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `"over"`, out)
			p.suspend()
		})
	})
}
