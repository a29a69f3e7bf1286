package engine

import (
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// An execution is one run's workflow code in memory: its coroutines, and what
// they asked for. It knows nothing of stores, goroutines or clocks; it is fed
// one input at a time and says what the workflow asked for in answer. Live and
// replayed turns take the same path through it.
type execution struct {
	info     host.Info
	fn       host.WorkflowFunc
	defaults func(activity string) host.Options

	now      time.Time // of the turn: journaled, never going back
	wall     time.Time // of the turn, unclamped: what deadlines are computed from
	replay   bool      // this turn's input was read from the journal
	recorded recorded  // of a replayed turn: what the journal holds of it

	coroutines []*coroutine
	current    *coroutine
	root       *scope
	pending    map[int64]*operation
	asked      int64  // operations so far: the number of the last one
	draws      uint64 // random numbers drawn so far
	given      int    // bytes of payloads so far
	boxes      map[string]*mailbox
	answers    map[string]func() (json.RawMessage, error)

	commands []journal.Command // of this turn; the next one writes over them
	effects  []effect          // of this turn, to be carried out after its commit
	logs     []logLine         // of this turn
	log      slog.Handler      // where logs go in the end; nil: nowhere

	children   bool // it has started some
	ended      bool // the workflow function has returned
	terminated bool // by somebody, as the last event played says
	canceled   bool // a cancel was requested
	broken     *crash
	dead       bool // being unwound: every operation unwinds again
}

func newExecution(info host.Info, fn host.WorkflowFunc, defaults func(string) host.Options) *execution {
	return &execution{
		info: info, fn: fn, defaults: defaults,
		root:    new(scope),
		pending: map[int64]*operation{},
		boxes:   map[string]*mailbox{},
		answers: map[string]func() (json.RawMessage, error){},
	}
}

// turn feeds one event into the workflow and lets it run until every coroutine
// is blocked. What it asked for is in commands, effects and logs until the next
// turn. It reports false if the workflow broke: broken says how.
func (x *execution) turn(e *journal.Event, wall time.Time) bool {
	x.now, x.wall = e.At, wall
	x.commands, x.effects, x.logs = x.commands[:0], nil, nil
	x.given += len(e.Data)
	x.deliver(e)
	x.settle()
	return x.broken == nil
}

// settle resumes coroutines, in the order of their creation, until none can go
// on.
func (x *execution) settle() {
	for again := true; again && x.broken == nil; {
		again = false
		for i := 0; i < len(x.coroutines); i++ { // a coroutine may add others
			c := x.coroutines[i]
			if !c.runnable() {
				continue
			}
			again = true
			x.current = c
			c.resume()
			x.current = nil
			if c.crash != nil {
				x.broken = c.crash
				return
			}
			if x.ended {
				return
			}
		}
		if again {
			x.coroutines = slices.DeleteFunc(x.coroutines, func(c *coroutine) bool { return c.done })
		}
	}
}

// main runs the workflow function itself; its return ends the run.
func (x *execution) main(input json.RawMessage) {
	out, err := x.fn(&hosted{x: x, scope: x.root}, input)
	if x.dead {
		return
	}
	x.ended = true
	for _, number := range x.pendingNumbers() {
		if op := x.pending[number]; op.kind == journal.StartChild {
			x.giveUp(op, host.ErrCanceled) // children do not outlive their parent
		}
	}
	end := endCommand(out, err, x.canceled)
	end.Unread = x.unread()
	x.ask(end, effect{kind: effectEnd})
}

// fallen is how a coroutine ended that took its driver's goroutine along; nil if
// none did.
func (x *execution) fallen() *crash {
	for _, c := range x.coroutines {
		if c.crash != nil {
			return c.crash
		}
	}
	return nil
}

func (x *execution) spawn(fn func()) { x.coroutines = append(x.coroutines, newCoroutine(fn)) }

// ask notes what the workflow wants. It reports whether a replay expects just that.
func (x *execution) ask(c journal.Command, e effect) (expected bool) {
	expected = x.recorded.matches(&c)
	x.commands = append(x.commands, c)
	x.effects = append(x.effects, e)
	return expected
}

// call is ask for a call of workflow code. Its place is looked up unless a replay
// expects the call: that would be a fifth of the replay's time, for nobody.
func (x *execution) call(c journal.Command, e effect) {
	if !x.ask(c, e) {
		x.commands[len(x.commands)-1].Where = where()
	}
}

// phase says what the run does while it waits for its next input; it agrees
// with journal.State.Phase of the same history.
func (x *execution) phase() journal.Phase {
	p := journal.Waiting
	for _, op := range x.pending {
		if !op.work() {
			continue
		}
		if op.due.IsZero() {
			return journal.Running
		}
		p = journal.Retrying
	}
	return p
}

func (x *execution) pendingNumbers() []int64 {
	numbers := make([]int64, 0, len(x.pending))
	for n := range x.pending {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers
}

// parked reports whether there are coroutines to unwind.
func (x *execution) parked() bool {
	return slices.ContainsFunc(x.coroutines, func(c *coroutine) bool { return !c.done })
}

// close unwinds every coroutine. The user's defers run, but whatever they ask of
// the host unwinds them again.
func (x *execution) close() {
	x.dead = true
	for _, c := range x.coroutines {
		c.kill()
	}
	x.coroutines = nil
}

// alive unwinds the calling coroutine if its execution is being closed.
func (x *execution) alive() {
	if x.dead {
		goexit()
	}
}

// acts is alive for what only a coroutine may do: the answer to a query, say,
// may not, since it is not replayed.
func (x *execution) acts() {
	x.alive()
	if x.current == nil {
		panic("only the workflow itself may do that")
	}
}
