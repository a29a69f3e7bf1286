package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A Config is what an engine is made of. Zero fields have the defaults named
// there.
type Config struct {
	Store       journal.Store
	Bindings    []host.Binding
	Logger      *slog.Logger  // nil: silent
	Grace       time.Duration // that Run gives activities to return once its context has ended; 0: 5 s
	MaxPayload  int           // bytes of one input, result or signal; 0: 2 MiB
	Only        bool          // drive only runs that were started or adopted here, and their children
	Concurrency int           // activities under way at once; 0: no limit
	Resident    int           // runs kept in memory while they only wait, by weight; 0: 1,000; only without Only
	Page        int           // events of a run that a replay reads at a time; 0: 512
	Scheduler   Scheduler     // nil: goroutines and the system's clock
	ClockOffset time.Duration // added to the system's clock; only without Scheduler
	Probe       journal.Probe // told of the engine's moments; nil: nobody is
}

// An Engine runs workflows on a journal. All methods are safe for use by several
// goroutines.
type Engine struct {
	store       journal.Store
	shared      journal.Shared // nil: this process is alone
	bindings    map[string]*host.Binding
	workflows   []string
	logger      *slog.Logger
	grace       time.Duration
	maxPayload  int
	only        bool
	concurrency int
	residents   int
	page        int
	lookAgain   time.Duration
	probe       journal.Probe
	sched       Scheduler
	waiter      Waiter      // sched, if callers wait in it
	real        *goroutines // sched, unless it is a simulation's

	clock     clock
	committer committer
	watchers  watchers
	ready     once // it serves, or has

	mu       sync.Mutex
	serving  bool // Run or Drain is under way
	draining bool // no further attempt is started
	drains   bool // Drain is under way: what backs off stays in memory
	err      error
	stop     context.CancelFunc
	runs     map[int64]*run
	byULID   map[string]*run         // the same
	byID     map[string]*run         // those whose id is not their ULID
	fresh    map[*run]bool           // begun here, and not in the journal yet
	mine     map[int64]bool          // with only: the runs to drive
	attempts map[attemptKey]*attempt // under way, or waiting in the backlog
	underWay int                     // of them
	backlog  []*attempt              // waiting for Concurrency; those that attempts does not hold are not wanted any more
	left     map[*attempt]bool       // given up, and their function has not returned
	idle     idlers
	suspects suspects
	seeking  bool // findWork is under way
	seekMore bool // and is to be done again
	calm     *sync.Cond

	working atomic.Int64 // drivers, attempts and the like: what Drain waits for
	stopped atomic.Bool  // nothing is begun any more
	watch   watchdog
}

// New returns an engine that does nothing yet. It fails if two bindings have the
// same name, or one has none.
func New(c Config) (*Engine, error) {
	if c.Store == nil {
		return nil, errors.New("engine: no store")
	}
	e := &Engine{
		store: c.Store, logger: c.Logger, grace: c.Grace, maxPayload: c.MaxPayload, only: c.Only,
		concurrency: c.Concurrency, residents: c.Resident, page: c.Page, sched: c.Scheduler, lookAgain: lookAgain, probe: c.Probe,
		bindings: map[string]*host.Binding{}, runs: map[int64]*run{}, byULID: map[string]*run{}, byID: map[string]*run{}, mine: map[int64]bool{},
		attempts: map[attemptKey]*attempt{}, left: map[*attempt]bool{}, fresh: map[*run]bool{},
	}
	if e.grace == 0 {
		e.grace = 5 * time.Second
	}
	if e.maxPayload == 0 {
		e.maxPayload = 2 << 20
	}
	if e.residents == 0 {
		e.residents = 1000
	}
	if e.page == 0 {
		e.page = eventsAtOnce
	}
	if e.sched == nil {
		e.real = newGoroutines()
		e.real.offset = c.ClockOffset
		e.sched = e.real
	}
	e.waiter, _ = e.sched.(Waiter)
	e.shared, _ = c.Store.(journal.Shared)
	e.ready.done = make(chan struct{})
	e.committer.quiet = sync.NewCond(&e.committer.mu)
	e.calm = sync.NewCond(&e.mu)
	for i := range c.Bindings {
		b := &c.Bindings[i]
		if err := e.bind(b); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *Engine) bind(b *host.Binding) error {
	switch {
	case b.Name == "":
		return errors.New("engine: a binding has no name")
	case b.Workflow == nil && b.Activity == nil && b.Tx == nil:
		return fmt.Errorf("engine: binding %q has no function", b.Name)
	case e.bindings[b.Name] != nil:
		return fmt.Errorf("engine: two bindings are called %q", b.Name)
	}
	e.bindings[b.Name] = b
	if b.Workflow != nil {
		e.workflows = append(e.workflows, b.Name)
	}
	return nil
}

// workflow is the function bound to a workflow's name, nil if there is none.
func (e *Engine) workflow(name string) host.WorkflowFunc {
	if b := e.bindings[name]; b != nil {
		return b.Workflow
	}
	return nil
}

// defaults are the options that an activity was bound with.
func (e *Engine) defaults(activity string) host.Options {
	if b := e.bindings[activity]; b != nil {
		return b.Options
	}
	return host.Options{}
}

// fits refuses a payload that is over the limit.
func (e *Engine) fits(data []byte, what string) error {
	if len(data) <= e.maxPayload {
		return nil
	}
	return &journal.Failure{Code: host.CodeTooLarge, NonRetryable: true,
		Message: fmt.Sprintf("the %s has %d bytes and the limit is %d: keep it elsewhere and pass a reference, or raise MaxPayload", what, len(data), e.maxPayload)}
}

func (e *Engine) log() *slog.Logger {
	if e.logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return e.logger
}

func (e *Engine) isStopped() bool { return e.stopped.Load() }

// resident is the in-memory run with that key, nil if there is none.
func (e *Engine) resident(key int64) *run {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.runs[key]
}

// Resident is the key and the workflow of the run with that ULID, if this engine
// has it in memory: a look-up that costs no read.
func (e *Engine) Resident(ulid string) (key int64, workflow string, ok bool) {
	return e.named(e.byULID, ulid)
}

// ResidentID is the same for the run with that id, if it is not its ULID. It may have
// ended by another process's doing, and the id have passed to another run: as long as
// a run takes messages, nobody else has its id.
func (e *Engine) ResidentID(id string) (key int64, workflow string, ok bool) {
	return e.named(e.byID, id)
}

func (e *Engine) named(runs map[string]*run, name string) (key int64, workflow string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := runs[name]
	if r == nil {
		return 0, "", false
	}
	return r.key, r.info.Workflow, true
}

// busy counts what is under way, for Drain and the end.
func (e *Engine) busy(n int64) {
	if e.working.Add(n) == 0 {
		e.mu.Lock() // who has seen another number waits by now
		e.calm.Broadcast()
		e.mu.Unlock()
	}
}

// fail stops the engine: after an I/O error nothing is acknowledged any more
// (P8). A restart recovers.
func (e *Engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return
	}
	e.err = err
	e.stopped.Store(true)
	if e.stop != nil {
		e.stop()
	}
	e.calm.Broadcast()
	e.watchers.failAll(err)
}

// serves reports whether Run or Drain is under way.
func (e *Engine) serves() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.serving
}
