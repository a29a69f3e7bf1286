//go:build unix

package peer

import (
	"context"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// stop returns when the process is stopped.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	require.NoError(p.t, err)
	require.True(p.t, status.Stopped())
}

func TestStoppedProcess(t *testing.T) {
	t.Run("lives", func(t *testing.T) {
		path := base(t)
		d, _, r := join(t, path)
		p := start(t, path)
		linked(t, d, p.token)
		p.stop()
		alive, _, err := d.Alive(p.token)
		require.NoError(t, err)
		require.True(t, alive)
		require.ErrorIs(t, d.Remove(p.token), ErrLive)
		d.hub().scan()
		require.Empty(t, r.died)
		p.kill()
		await(t, r.died, "the notice of its death")
	})
	t.Run("holds up neither nudges nor questions nor the end", func(t *testing.T) {
		path := base(t)
		d, m, _ := join(t, path)
		p := start(t, path)
		linked(t, d, p.token)
		p.stop()
		for n := range int64(100_000) { // more than any buffer takes
			d.Nudge(p.token, n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := d.Call(ctx, p.token, make([]byte, 1<<20))
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, m.Leave())
	})
	t.Run("at the gate is passed by", func(t *testing.T) {
		path := base(t)
		d, _, _ := join(t, path)
		p := start(t, path)
		turn := d.Turnstile()
		require.NoError(t, turn.Enter(t.Context()))
		p.order("enter")
		until(t, func() bool { return held(t, &d.turnstile.gate) }, "it is at the gate")
		p.stop()
		turn.Leave()
		for range 3 {
			require.NoError(t, turn.Enter(t.Context()))
			turn.Leave()
		}
	})
}
