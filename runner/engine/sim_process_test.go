package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A simProcess is one life of a process in a simulation, and the Scheduler of its
// engine.
type simProcess struct {
	s       *simulation
	number  int
	ahead   time.Duration // its wall clock, of the true time
	latest  time.Time     // that it has seen on it
	stopped bool          // it does not move, as after SIGSTOP
	stalled bool          // it was stopped once
	zombie  bool          // the others take it for dead
	dead    bool
	died    func()
	polls   bool // it is about to look for what others have committed
	engine  *Engine
	store   *simStore
	moving  map[*execution]bool // workflow code that it has in memory
}

var _ Waiter = (*simProcess)(nil)

func (p *simProcess) Now() time.Time {
	now := p.s.clock.Add(p.ahead)
	if now.After(p.latest) {
		p.latest = now
	}
	return now
}

func (p *simProcess) Go(task Task) {
	if !p.dead {
		p.s.add(&job{p: p, task: task})
	}
}

func (p *simProcess) After(d time.Duration, task Task) func() {
	if p.dead {
		return func() {}
	}
	j := p.s.add(&job{p: p, task: task, at: p.s.clock.Add(d)})
	return func() { j.dropped = j.dropped || j.strand == nil }
}

func (p *simProcess) Both(a, b func()) {
	a()
	b()
}

func (p *simProcess) Rand() uint64 { return p.s.Uint64() }

func (p *simProcess) Wait(ready func() bool) { p.s.park(-1, ready) }

// observe notes what workflow code comes into memory.
func (p *simProcess) observe(bindings []host.Binding) {
	for i := range bindings {
		if fn := bindings[i].Workflow; fn != nil {
			bindings[i].Workflow = func(h host.Host, in json.RawMessage) (json.RawMessage, error) {
				p.moving[h.(*hosted).x] = true
				return fn(h, in)
			}
		}
	}
}

// unwind ends the workflow code of a dead process.
func (p *simProcess) unwind() {
	for x := range p.moving { // in any order: all that their defers do is lost
		x.close()
	}
	p.moving = nil
}

// A theatre is the venue of a simulation.
type theatre struct {
	*simulation
	disk      *simDisk
	processes []*simProcess // in the order of their numbers
	under     int           // what was begun beside, and has not ended
}

var _ venue = (*theatre)(nil)

func (t *theatre) now() time.Time { return t.clock }

func (t *theatre) wait(d time.Duration, until ...context.Context) {
	t.park(d, func() bool {
		for _, ctx := range until {
			if ctx.Err() != nil {
				return true
			}
		}
		return false
	})
}

func (t *theatre) within(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	j := t.add(&job{at: t.clock.Add(d), task: leaf(cancel)})
	return ctx, func() {
		j.dropped = true
		cancel()
	}
}

func (t *theatre) beside(fn func()) {
	t.under++
	t.add(&job{task: leaf(func() {
		fn()
		t.under--
	})})
}

func (t *theatre) join() { t.park(-1, func() bool { return t.under == 0 }) }

func (t *theatre) process() *simProcess {
	p := &simProcess{s: t.simulation, number: len(t.processes) + 1, moving: map[*execution]bool{}}
	t.processes = append(t.processes, p)
	return p
}

// open begins the life of a process.
func (t *theatre) open(_ *stage, c Config) *life {
	p := t.process()
	p.store = t.disk.handle(p)
	return t.serving(p, c)
}

func (t *theatre) serving(p *simProcess, c Config) *life {
	c.Store, c.Scheduler = p.store, p
	p.observe(c.Bindings)
	p.engine = mustNew(c)
	l := &life{Engine: p.engine, store: p.store}
	p.died = func() {
		l.err = journal.ErrBroken
		l.ends()
	}
	return l
}

// rest is long now and then, if others are there to go on: not with what is left for
// a worker, if they serve but one run.
func (t *theatre) rest(w *weather, only bool, done context.Context) {
	d := w.upTo(10 * time.Second)
	if p := t.disk.victim(); p != nil && p.engine.only == only && t.IntN(2) == 0 {
		d = long
	}
	t.wait(d, done)
}

// long is longer than a program takes with its interruptions.
const long = 100 * time.Hour

func (t *theatre) inside(l *life, fn func()) {
	l.Engine.sched.Go(leaf(fn))
}

// engine is one of a process that nothing happens to.
func (t *theatre) engine(c Config) *Engine {
	p := t.process()
	c.Scheduler = p
	p.observe(c.Bindings)
	p.engine = mustNew(c)
	return p.engine
}

func mustNew(c Config) *Engine {
	e, err := New(c)
	if err != nil {
		panic(err)
	}
	return e
}
