package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestOverdueTimers has them fire in the order of their deadlines.
func TestOverdueTimers(t *testing.T) {
	const timers = 50
	inWorld(t, func(w *world) {
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) {
			var all []host.Pending
			for i := range timers {
				all = append(all, h.Timer(time.Duration(timers-i/2)*time.Minute)) // two of each
			}
			return "", h.Await(func() bool {
				for _, p := range all {
					if !p.Ready() {
						return false
					}
				}
				return true
			})
		})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		p.kill()
		time.Sleep(24 * time.Hour)
		p = w.process(Config{Bindings: bindings})
		_, err := p.result(run)
		require.NoError(t, err)
		events, err := p.store.History(w.Context(), run, 1, 0)
		require.NoError(t, err)
		require.Len(t, events, timers)
		for i := 1; i < timers; i++ {
			before, after := events[i-1].Facts().Due, events[i].Facts().Due
			require.False(t, after.Before(before), "%v after %v", after, before)
			require.True(t, after.After(before) || events[i].Op > events[i-1].Op)
		}
		p.suspend()
	})
}

// TestTimerTakenTooEarly has the clock set back between the moment when a timer
// is found to be due and its turn.
func TestTimerTakenTooEarly(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			return "", sleep(h, time.Hour)
		})}})
		began := time.Now()
		run := p.start("w", "", nil)
		p.resident(run).feed(timerInput(1, began.Add(time.Hour)))
		synctest.Wait()
		require.Equal(t, []string{"run.started"}, w.history(run))
		_, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, time.Hour, time.Since(began))
		p.suspend()
	})
}
