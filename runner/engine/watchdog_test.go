package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestStalls has workflow code that does not yield: in its first turn, of which
// nothing is in the journal yet, and later.
func TestStalls(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			for range 3 {
				time.Sleep(5 * time.Second) // which it must not
				if err := sleep(h, time.Minute); err != nil {
					return "", err
				}
			}
			return "", nil
		})}})
		_, err := p.result(p.start("w", "", nil))
		require.NoError(t, err)
		log := w.log.String()
		require.Equal(t, 3, strings.Count(log, "has not yielded for 1 s"), log)
		require.Contains(t, log, "watchdog_test.go:18")
		p.suspend()
		p.mu.Lock()
		require.Empty(t, p.fresh)
		p.mu.Unlock()
	})
}
