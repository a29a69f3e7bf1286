package engine

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestGoroutinesNeverWait has tasks that end only when all of them have begun, and
// some that end their goroutine.
func TestGoroutinesNeverWait(t *testing.T) {
	for _, keep := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			g := newGoroutines()
			g.pool(keep)
			for range 2 { // the second time with the goroutines of the first
				const tasks = 3 * idleGoroutines
				var begun, chained sync.WaitGroup
				begun.Add(tasks)
				chained.Add(tasks)
				for i := range tasks {
					g.Go(func() Task {
						begun.Done()
						begun.Wait()
						if i%10 == 0 {
							g.Go(leaf(chained.Done))
							runtime.Goexit()
						}
						return leaf(chained.Done)
					})
				}
				chained.Wait()
				synctest.Wait()
			}
			if keep {
				require.Len(t, g.idle, idleGoroutines)
			}
			g.pool(false)
			g.wait()
			require.True(t, g.queue.empty())
		})
	}
}

// TestTasks has a queue grow and shrink.
func TestTasks(t *testing.T) {
	var q tasks
	next, want := 0, 0
	var got []int
	for round := range 50 {
		for range round % 7 {
			n := next
			q.put(leaf(func() { got = append(got, n) }))
			next++
		}
		for range round % 5 {
			if !q.empty() {
				q.take()()
			}
		}
	}
	for !q.empty() {
		q.take()()
	}
	for _, n := range got {
		require.Equal(t, want, n)
		want++
	}
	require.Equal(t, next, want)
}
