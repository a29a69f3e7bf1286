package engine

import (
	"crypto/rand"
	"encoding/binary"
	"runtime"
	"sync"
	"time"
)

// goroutines is the Scheduler of real life. Whoever runs a task sees to it, if
// others wait, that one more goroutine is on its way to them: the scout. So a task
// never waits for one that takes long, and a hundred short ones cost the Go
// scheduler two or three goroutines instead of a hundred. Goroutines without work
// are kept, since their stacks have grown already: that of a new one would be
// copied several times on the way down into the store.
type goroutines struct {
	offset time.Duration // of its clock from the system's

	mu       sync.Mutex
	queue    tasks // that nobody has begun
	scouting bool  // a goroutine is on its way to the queue
	idle     []chan struct{}
	keep     bool // idle goroutines, while an engine serves
	alive    int
	gone     *sync.Cond // told when alive is 0 again
}

func newGoroutines() *goroutines {
	g := new(goroutines)
	g.gone = sync.NewCond(&g.mu)
	return g
}

// idleGoroutines bounds how many wait for the next task.
const idleGoroutines = 256

// beforeYield is how many tasks from the queue a goroutine runs, each with those it
// leads to, before it lets others run. One that returns from a sync of the disk,
// which all others wait for in the end, gets a processor only then.
const beforeYield = 8

func (g *goroutines) Now() time.Time { return time.Now().Add(g.offset).Round(0).UTC() }

func (g *goroutines) Go(task Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue.put(task)
	g.scout()
}

// scout sends a goroutine to the queue, unless nothing is there or one is on its
// way. The caller holds mu.
func (g *goroutines) scout() {
	if g.scouting || g.queue.empty() {
		return
	}
	g.scouting = true
	if last := len(g.idle) - 1; last >= 0 {
		g.idle[last] <- struct{}{}
		g.idle = g.idle[:last]
		return
	}
	g.alive++
	go g.work()
}

// wait returns when no task is under way. Unlike a WaitGroup it does not mind
// that callers from outside begin others meanwhile.
func (g *goroutines) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.alive > 0 {
		g.gone.Wait()
	}
}

func (g *goroutines) ended() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.alive--; g.alive == 0 {
		g.gone.Broadcast()
	}
}

// work is a goroutine, at first as the scout. It runs tasks until there are more
// idle ones than needed.
func (g *goroutines) work() {
	defer g.ended() // also when user code ends this goroutine
	wake := make(chan struct{}, 1)
	for ok := true; ok; _, ok = <-wake {
		if !g.drain(wake) {
			return
		}
	}
}

// drain lets the scout run tasks until the queue is empty. It reports whether the
// goroutine is to wait for wake.
func (g *goroutines) drain(wake chan struct{}) (stay bool) {
	g.mu.Lock()
	g.scouting = false
	for ran := 1; !g.queue.empty(); ran++ {
		task := g.queue.take()
		g.scout()
		g.mu.Unlock() // not deferred: user code may end the goroutine
		for task != nil {
			task = task()
		}
		if ran%beforeYield == 0 {
			runtime.Gosched()
		}
		g.mu.Lock()
	}
	defer g.mu.Unlock()
	stay = g.keep && len(g.idle) < idleGoroutines
	if stay {
		g.idle = append(g.idle, wake)
	}
	return stay
}

// pool says whether idle goroutines are kept for the next task.
func (g *goroutines) pool(keep bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keep = keep
	if !keep {
		for _, wake := range g.idle {
			close(wake)
		}
		g.idle = nil
	}
}

func (g *goroutines) After(d time.Duration, task Task) func() {
	// Not waited for: a timer that fires after the end finds the engine
	// stopped and does nothing.
	t := time.AfterFunc(d, func() {
		for task := task; task != nil; {
			task = task()
		}
	})
	return func() { t.Stop() }
}

// Both runs b itself. It waits for a even if user code ends this goroutine.
func (g *goroutines) Both(a, b func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a()
	}()
	defer func() { <-done }()
	b()
}

func (g *goroutines) Rand() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return binary.LittleEndian.Uint64(b[:])
}

// tasks is a queue. What is put in while the older half is taken out goes to the
// younger one, so that both use the same memory again and again.
type tasks struct {
	older, younger []Task
	taken          int // of older
}

func (q *tasks) empty() bool { return q.taken == len(q.older) && len(q.younger) == 0 }

func (q *tasks) put(t Task) { q.younger = append(q.younger, t) }

// take returns the oldest task. There must be one.
func (q *tasks) take() (t Task) {
	if q.taken == len(q.older) {
		q.older, q.younger, q.taken = q.younger, q.older[:0], 0
	}
	t, q.older[q.taken] = q.older[q.taken], nil
	q.taken++
	return t
}
