package runner

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner/host"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []Option
		want host.Options
	}{
		{"none", nil, host.Options{}},
		{"attempts", []Option{Attempts(5)}, host.Options{Attempts: 5}},
		{"unlimited", []Option{Unlimited}, host.Options{Attempts: -1}},
		{"times", []Option{Timeout(time.Minute), Overall(time.Hour), Heartbeats(time.Second)},
			host.Options{Timeout: time.Minute, Overall: time.Hour, Heartbeat: time.Second}},
		{"backoff", []Option{Backoff{Initial: time.Second, Factor: 3, Cap: time.Hour, Jitter: -1}},
			host.Options{Initial: time.Second, Factor: 3, Cap: time.Hour, Jitter: -1}},
		{"wait", []Option{WaitCancel(true)}, host.Options{WaitCancel: true}},
		{"the last one holds", []Option{Attempts(5), Attempts(2)}, host.Options{Attempts: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, options(c.opts))
		})
	}
}

func TestOptionsAreValues(t *testing.T) {
	for want, o := range map[string]Option{
		"5 attempts":         Attempts(5),
		"unlimited attempts": Unlimited,
		"timeout 1m":         Timeout(time.Minute),
		"overall 24h":        Overall(24 * time.Hour),
		"heartbeats 10s":     Heartbeats(10 * time.Second),
		"backoff 1s ×2":      Backoff{Initial: time.Second, Factor: 2},
		"backoff up to 1m":   Backoff{Cap: time.Minute},
		"wait for cancel":    WaitCancel(true),
		"no retry of no way": NoRetry("no way"),
	} {
		t.Run(want, func(t *testing.T) {
			require.Equal(t, want, fmt.Sprint(o))
			require.True(t, reflect.TypeOf(o).Comparable())
		})
	}
}
