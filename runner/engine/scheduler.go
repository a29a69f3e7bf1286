package engine

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// A Task is a piece of the engine's work. It may end by returning another, which
// then runs on the same goroutine: handing it to a new one would cost more than
// most tasks do.
type Task func() (next Task)

// leaf is a task that leads to no other.
func leaf(fn func()) Task {
	return func() Task {
		fn()
		return nil
	}
}

// A Scheduler is the one place where the engine meets time, chance and
// concurrency. All work is cut into tasks that do not wait for one another, so a
// simulation can run a whole engine in one thread by choosing which task is
// next; see docs/decisions/0005.
type Scheduler interface {
	// Now is the wall clock, without a monotonic reading.
	Now() time.Time
	// Go runs task on a goroutine of its own, at some time.
	Go(task Task)
	// After runs task, as Go does, once d has passed. stop prevents that, if it
	// has not begun, and is safe to call at any time.
	After(d time.Duration, task Task) (stop func())
	// Rand returns 64 random bits, for new ids.
	Rand() uint64
}

// goroutines is the Scheduler of real life. A task is handed to an idle
// goroutine if there is one, since its stack has grown already: that of a new one
// would be copied several times on the way down into the store.
type goroutines struct {
	offset time.Duration // of its clock from the system's

	mu    sync.Mutex
	idle  []chan Task
	keep  bool // idle goroutines, while an engine serves
	alive int
	gone  *sync.Cond // told when alive is 0 again
}

func newGoroutines() *goroutines {
	g := new(goroutines)
	g.gone = sync.NewCond(&g.mu)
	return g
}

// idleGoroutines bounds how many wait for the next task.
const idleGoroutines = 256

func (g *goroutines) Now() time.Time { return time.Now().Add(g.offset).Round(0).UTC() }

func (g *goroutines) Go(task Task) {
	g.mu.Lock()
	if last := len(g.idle) - 1; last >= 0 {
		tasks := g.idle[last]
		g.idle = g.idle[:last]
		g.mu.Unlock()
		tasks <- task
		return
	}
	g.alive++
	g.mu.Unlock()
	go g.work(task)
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

// work runs tasks until there are more idle goroutines than needed.
func (g *goroutines) work(task Task) {
	defer g.ended() // also when user code ends this goroutine
	tasks := make(chan Task, 1)
	for ok := true; ok; {
		for task != nil {
			task = task()
		}
		g.mu.Lock()
		if !g.keep || len(g.idle) >= idleGoroutines {
			g.mu.Unlock()
			return
		}
		g.idle = append(g.idle, tasks)
		g.mu.Unlock()
		task, ok = <-tasks
	}
}

// pool says whether idle goroutines are kept for the next task.
func (g *goroutines) pool(keep bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keep = keep
	if !keep {
		for _, tasks := range g.idle {
			close(tasks)
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

func (g *goroutines) Rand() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return binary.LittleEndian.Uint64(b[:])
}
