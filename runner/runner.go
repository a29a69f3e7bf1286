package runner

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/engine"
	"github.com/seed139febb4/durable/runner/host"
)

// A Runner runs the workflows of one journal with the functions that are bound
// in this process, and is a [Client] of that journal. Make one with [New]; set
// the fields before its first use. All methods are safe for concurrent use.
type Runner struct {
	// Logger gets what the workflows log and what befalls them; nil: nothing is
	// logged.
	Logger *slog.Logger

	// Grace is the time that activities have to return when Run is stopped,
	// after their context was canceled. 0: 5 s. What does not return in time
	// runs again later.
	Grace time.Duration

	// MaxPayload is the size in bytes that an input, a result or a signal may
	// have. 0: 2 MiB.
	MaxPayload int

	// Only restricts Run to runs that were started or adopted through this
	// Runner, and their children.
	Only bool

	// Concurrency is how many activities may run at once. 0: no limit.
	Concurrency int

	// Resident is how many runs that only wait are kept in memory; the others
	// are rebuilt when something arrives. A run counts for one more with each
	// 16 KiB of input, results and signals that it was given. 0: 1,000.
	Resident int

	// Probe is told of the moments that the engine comes to; it may end the
	// process there. Package chaos has one. nil: nobody is told, at no cost.
	Probe journal.Probe

	// ClockOffset is added to the system's clock, to see what a clock that was
	// set anew does to timers.
	ClockOffset time.Duration

	store    journal.Store
	bindings []Binding
	engine   func() *engine.Engine // made at the first use, when the fields are set
}

// New returns a Runner on the store. The error names two bindings with the same
// name, or one without a name. The store stays the caller's, to close when Run
// has returned.
func New(store journal.Store, bindings ...Binding) (*Runner, error) {
	r := &Runner{store: store, bindings: slices.Clone(bindings)}
	if _, err := engine.New(r.config()); err != nil {
		return nil, err
	}
	r.engine = sync.OnceValue(func() *engine.Engine {
		e, _ := engine.New(r.config()) // it has just worked
		return e
	})
	return r, nil
}

func (r *Runner) config() engine.Config {
	c := engine.Config{
		Store: r.store, Logger: r.Logger, Grace: r.Grace, MaxPayload: r.MaxPayload,
		Only: r.Only, Concurrency: r.Concurrency, Resident: r.Resident, Probe: r.Probe, ClockOffset: r.ClockOffset,
		Bindings: make([]host.Binding, len(r.bindings)),
	}
	for i, b := range r.bindings {
		c.Bindings[i] = b.Binding
	}
	return c
}

// Bindings returns what the Runner was made with.
func (r *Runner) Bindings() []Binding { return slices.Clone(r.bindings) }

// Store returns the journal that the Runner was made with.
func (r *Runner) Store() journal.Store { return r.store }

// Run runs workflows until ctx ends, and returns when every goroutine it started
// is gone: nil after a clean suspend, after which another Run, by any process,
// carries on. Ending ctx cancels no run.
func (r *Runner) Run(ctx context.Context) error { return r.engine().Run(ctx) }

// Drain is Run, but returns when nothing is left to do now. Runs that only wait,
// for a timer or a signal, are left alone.
func (r *Runner) Drain(ctx context.Context) error { return r.engine().Drain(ctx) }

// Ready is closed once Run or Drain serves: from then on what is started here
// is driven at once, and runs can be adopted.
func (r *Runner) Ready() <-chan struct{} { return r.engine().Ready() }
