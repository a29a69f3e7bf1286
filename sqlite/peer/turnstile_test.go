package peer

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// held reports whether somebody has the lock.
func held(t testing.TB, q *queue) bool {
	t.Helper()
	f, err := os.Open(q.path())
	if os.IsNotExist(err) {
		return false
	}
	var free bool
	if err == nil {
		defer f.Close()
		free, err = tryShared(f)
	}
	if err == nil && free {
		err = unlock(f)
	}
	if err != nil {
		t.Error(err)
	}
	return !free
}

func TestTurnstile(t *testing.T) {
	t.Run("one at a time", func(t *testing.T) {
		path := base(t)
		var inside sync.Mutex
		turns := 0
		var all sync.WaitGroup
		for range 4 {
			turn := open(t, path).Turnstile()
			for range 2 { // two goroutines of one process are no different
				all.Go(func() {
					for range 100 {
						if err := turn.Enter(context.Background()); err != nil {
							t.Error(err)
							return
						}
						if !inside.TryLock() {
							t.Error("two are inside")
							return
						}
						turns++
						inside.Unlock()
						turn.Leave()
					}
				})
			}
		}
		all.Wait()
		require.Equal(t, 800, turns)
	})
	t.Run("nobody is inside", func(t *testing.T) {
		turn := open(t, base(t)).Turnstile()
		require.Empty(t, turn.Holder())
		turn.Leave()
		require.NoError(t, turn.Enter(t.Context()))
		turn.Leave()
		turn.Leave()
		require.Empty(t, turn.Holder())
	})
	t.Run("who gives up is not let in later", func(t *testing.T) {
		path := base(t)
		a, b, c := open(t, path).Turnstile(), open(t, path).Turnstile(), open(t, path).Turnstile()
		require.NoError(t, a.Enter(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() { gaveUp <- b.Enter(ctx) }()
		until(t, func() bool { return held(t, &b.gate) }, "b waits")
		cancel()
		require.ErrorIs(t, await(t, gaveUp, "b"), context.Canceled)
		a.Leave()
		require.NoError(t, c.Enter(t.Context()))
		c.Leave()
		require.NoError(t, b.Enter(t.Context()), "it may come again")
		b.Leave()
	})
	t.Run("who comes again has kept its place", func(t *testing.T) {
		path := base(t)
		a, b := open(t, path).Turnstile(), open(t, path).Turnstile()
		require.NoError(t, a.Enter(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, b.Enter(ctx), context.Canceled)
		entered := make(chan error, 1)
		go func() { entered <- b.Enter(context.Background()) }()
		until(t, func() bool { return held(t, &b.gate) }, "b waits")
		a.Leave()
		require.NoError(t, await(t, entered, "b's turn"))
		b.Leave()
	})
	t.Run("the folder is removed meanwhile", func(t *testing.T) {
		path := base(t)
		a, b := open(t, path), open(t, path)
		require.NoError(t, a.Turnstile().Enter(t.Context()))
		require.NoError(t, os.RemoveAll(a.path))
		require.NoError(t, b.Turnstile().Enter(t.Context()))
		b.Turnstile().Leave()
		a.Turnstile().Leave()
	})
	t.Run("it is not removed while somebody is inside", func(t *testing.T) {
		path := base(t)
		a, b := open(t, path), open(t, path)
		require.NoError(t, a.Turnstile().Enter(t.Context()))
		require.NoError(t, b.Close())
		require.True(t, held(t, &a.turnstile.door))
		a.Turnstile().Leave()
	})
}

// Three want in again as soon as they are out. Each one inside waits until the
// next one stands at the gate, so that there is always somebody to be unfair to.
func TestTurnstileIsFair(t *testing.T) {
	if testing.Short() {
		t.Skip("nine hundred turns")
	}
	const manyLooks = 100_000
	const turns = 900
	path := base(t)
	type turn struct {
		who       int
		contended bool // somebody waited at the gate when it ended
	}
	var log []turn    // of the one inside
	var mu sync.Mutex // tells the race detector what the turnstile promises
	var all sync.WaitGroup
	for who := range 3 {
		stile := open(t, path).Turnstile()
		all.Go(func() {
			for {
				if err := stile.Enter(context.Background()); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				over := len(log) == turns
				if !over {
					log = append(log, turn{who: who})
				}
				mine := len(log) - 1
				mu.Unlock()
				// On a busy machine both others may be past the gate already.
				for looks := 0; mine < turns-1 && looks < manyLooks; looks++ {
					if held(t, &stile.gate) {
						mu.Lock()
						log[mine].contended = true
						mu.Unlock()
						break
					}
					runtime.Gosched()
				}
				stile.Leave()
				if over {
					return
				}
			}
		})
	}
	all.Wait()
	require.Len(t, log, turns)
	count, contended, again := make(map[int]int), 0, 0
	for n, now := range log {
		count[now.who]++
		if n > 0 && log[n-1].contended {
			contended++
			if log[n-1].who == now.who {
				again++
			}
		}
	}
	require.Greater(t, contended, turns/10)
	// Who waits for too long goes by the gate, which happens on a busy machine.
	require.LessOrEqual(t, again, contended/20, "turns that follow one of the same, of %d", contended)
	for who := range 3 {
		require.Greater(t, count[who], turns/10, "contender %d, of %v", who, count)
	}
	t.Log(count)
}
