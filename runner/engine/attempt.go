package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// Why an attempt's context was canceled, beside host.ErrCanceled and a time-out.
var (
	errSuspended = errors.New("the process is stopping")
	errLost      = errors.New("the run belongs to another process now")
)

type attemptKey struct{ run, op int64 }

// An attempt is one execution of an activity, step or transactional step. It
// belongs to the engine, not to the in-memory run: a run that is rebuilt finds
// its attempts still under way.
type attempt struct {
	e       *Engine
	key     attemptKey
	fence   int64
	kind    journal.CommandKind
	input   json.RawMessage
	fn      host.ActivityFunc // of a step
	options *host.Options     // the operation's; nobody changes them
	task    host.Task         // what its function may know, complete once it has started
	began   time.Time
	waits   bool // in the backlog; guarded by Engine.mu

	mu       sync.Mutex
	cancel   context.CancelCauseFunc
	canceled error
	timers   [manyTimers]func() // what stops them
	over     bool               // its outcome is decided; what the function still returns is dropped
	back     bool               // the function has returned
	left     bool               // it was left behind: the outcome was decided before it returned
	pulse    pulse
}

// The timers of an attempt.
const (
	timerLimit   = iota // it has taken too long
	timerSilence        // it may have been silent for too long
	timerBeat           // its heartbeat may be written
	manyTimers
)

// attempt describes the next attempt of op.
func (r *run) attempt(op *operation) *attempt {
	return &attempt{e: r.e, key: attemptKey{r.key, op.number}, fence: r.fence, kind: op.kind, input: op.input, fn: op.fn,
		options: &op.options,
		task:    host.Task{Run: r.info, Activity: op.name, Op: op.number, Attempt: op.failed + 1, Scheduled: op.asked}}
}

// run executes the attempt, unless its run has become stuck since.
func (a *attempt) run() (next Task) {
	if a.e.leftToOthers(a) {
		return a.settle()
	}
	if a.kind == journal.RunTx {
		return a.transact()
	}
	fn := a.fn
	if a.kind == journal.RunActivity {
		b := a.e.bindings[a.task.Activity]
		if b == nil || b.Activity == nil {
			return a.e.unbound(a)
		}
		fn = b.Activity
	}
	returned := false
	defer func() {
		if !returned { // it called runtime.Goexit, which takes this goroutine along
			a.e.start(a.returned(nil, &journal.Failure{
				Message: "the activity called runtime.Goexit", Code: host.CodePanic, Stack: string(debug.Stack())}))
		}
	}()
	ctx := a.start()
	a.at(journal.ActivityCalled)
	data, err := call(ctx, fn, a.input)
	a.at(journal.ActivityBack)
	if err == nil {
		err = a.e.fits(data, "result")
	}
	returned = true
	return a.returned(data, err)
}

// call runs user code and turns a panic into an error with its stack.
func call(ctx context.Context, fn host.ActivityFunc, in json.RawMessage) (data json.RawMessage, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &journal.Failure{Message: fmt.Sprintf("panic: %v", v), Code: host.CodePanic, Stack: string(debug.Stack())}
		}
	}()
	return fn(ctx, in)
}

// start makes the attempt's context and arms its time-outs.
func (a *attempt) start() context.Context {
	e := a.e
	a.began = e.sched.Now()
	ctx, cancel := context.WithCancelCause(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel, a.pulse.heard = cancel, a.began
	if a.canceled != nil {
		cancel(a.canceled)
	}
	limit, what := a.options.Timeout, "the attempt"
	if a.options.Overall > 0 {
		if left := a.task.Scheduled.Add(a.options.Overall).Sub(a.began); limit <= 0 || left < limit {
			limit, what = max(left, 1), "the activity"
		}
	}
	var deadline time.Time
	if a.kind == journal.RunTx {
		limit = 0 // the store has a deadline of its own; an attempt that it may still commit must not be given up
	}
	if limit > 0 {
		deadline = a.began.Add(limit)
		a.timers[timerLimit] = e.sched.After(limit, func() Task {
			return a.expire(fmt.Sprintf("%s took longer than %s", what, limit))
		})
	}
	if a.options.Heartbeat > 0 && a.kind != journal.RunTx {
		a.timers[timerSilence] = e.sched.After(a.options.Heartbeat, a.listen)
	}
	a.task.Until, a.task.Heartbeat = deadline, a.heartbeat
	a.task.Key = idempotencyKey(a.task.Run.ULID, a.key.op)
	return host.WithTask(ctx, &a.task)
}

// end cancels the attempt's context.
func (a *attempt) end(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.canceled == nil {
		a.canceled = why
		if a.cancel != nil {
			a.cancel(why)
		}
	}
}
