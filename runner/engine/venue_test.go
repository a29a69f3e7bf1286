package engine

import (
	"context"
	"sync"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A venue is where a stage stands: how time passes there, and what a process is.
type venue interface {
	now() time.Time
	wait(d time.Duration, until ...context.Context) // d, or until one of the contexts has ended
	within(d time.Duration) (context.Context, context.CancelFunc)

	beside(fn func()) // runs fn in no process
	join()            // returns when all that is beside has, and what they left behind, too

	open(s *stage, c Config) *life                    // a process that is to serve
	rest(w *weather, only bool, done context.Context) // between two lives of one; only: those who would serve no more than one run
	inside(p *life, fn func())                        // runs fn in it
	engine(c Config) *Engine                          // of a process that does not
}

// A bubble is the venue of testing/synctest: goroutines, and its time.
type bubble struct{ sync.WaitGroup }

var _ venue = (*bubble)(nil)

func (*bubble) now() time.Time { return time.Now() }

func (*bubble) wait(d time.Duration, until ...context.Context) {
	ctxs := append(until, context.Background(), context.Background())
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctxs[0].Done():
	case <-ctxs[1].Done():
	case <-t.C:
	}
}

func (*bubble) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func (b *bubble) beside(fn func()) { b.Go(fn) }

func (b *bubble) join() {
	b.Wait()
	time.Sleep(time.Hour) // nothing may be left but timers that find everything stopped
	synctest.Wait()
}

func (b *bubble) open(s *stage, c Config) *life {
	store := s.disk.open()
	shared, _ := store.(journal.Shared)
	c.Store = &slow{disked: store, Shared: shared, w: s.weather}
	e := mustNew(c)
	e.sched = dawdling{e.real, s.weather}
	return &life{Engine: e, store: store}
}

func (b *bubble) rest(w *weather, _ bool, _ context.Context) {
	w.sleep(context.Background(), 10*time.Second)
}

func (b *bubble) inside(_ *life, fn func()) { go fn() }

func (b *bubble) engine(c Config) *Engine { return mustNew(c) }
