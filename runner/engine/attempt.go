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
	name    string
	input   json.RawMessage
	fn      host.ActivityFunc // of a step
	options host.Options
	info    host.Info
	number  int             // from 1
	asked   time.Time       // when the workflow asked for the operation
	last    json.RawMessage // the last heartbeat of an earlier attempt
	began   time.Time

	mu       sync.Mutex
	cancel   context.CancelCauseFunc
	stop     []func() // timers
	over     bool     // its outcome is decided; what the function still returns is dropped
	beat     json.RawMessage
	beatAt   time.Time // when it was last heard of
	writing  bool      // a heartbeat is on its way to the journal
	written  time.Time // when the last one was queued
	unsaved  bool      // beat is newer than what was queued
	canceled error
}

// attempt describes the next attempt of op.
func (r *run) attempt(op *operation) *attempt {
	return &attempt{e: r.e, key: attemptKey{r.key, op.number}, fence: r.fence, kind: op.kind, name: op.name, input: op.input,
		fn: op.fn, options: op.options, info: r.info, number: op.failed + 1, asked: op.asked}
}

// run executes the attempt on a goroutine of its own.
func (a *attempt) run() (next Task) {
	if a.kind == journal.RunTx {
		return a.transact()
	}
	fn := a.fn
	if a.kind == journal.RunActivity {
		b := a.e.bindings[a.name]
		if b == nil || b.Activity == nil {
			return a.e.unbound(a)
		}
		fn = b.Activity
	}
	ctx := a.start()
	data, err := call(ctx, fn, a.input)
	if err == nil {
		err = a.e.fits(data, a.name)
	}
	return a.finish(data, err)
}

// call runs user code and turns a panic into an error with its stack.
func call(ctx context.Context, fn host.ActivityFunc, in json.RawMessage) (data json.RawMessage, err error) {
	normal := false
	defer func() {
		if v := recover(); v != nil {
			err = &journal.Failure{Message: fmt.Sprintf("panic: %v", v), Code: host.CodePanic, Stack: string(debug.Stack())}
		} else if !normal {
			err = &journal.Failure{Message: "the activity called runtime.Goexit", Code: host.CodePanic, Stack: string(debug.Stack())}
		}
	}()
	data, err = fn(ctx, in)
	normal = true
	return data, err
}

// start makes the attempt's context and arms its time-outs.
func (a *attempt) start() context.Context {
	e := a.e
	a.began = e.sched.Now()
	ctx, cancel := context.WithCancelCause(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel, a.beatAt = cancel, a.began
	if a.canceled != nil {
		cancel(a.canceled)
	}
	limit, what := a.options.Timeout, "the attempt"
	if a.options.Overall > 0 {
		if left := a.asked.Add(a.options.Overall).Sub(a.began); limit <= 0 || left < limit {
			limit, what = max(left, 1), "the activity"
		}
	}
	var deadline time.Time
	if a.kind == journal.RunTx {
		limit = 0 // the store has a deadline of its own; an attempt that it may still commit must not be given up
	}
	if limit > 0 {
		deadline = a.began.Add(limit)
		a.stop = append(a.stop, e.sched.After(limit, func() Task {
			return a.expire(fmt.Sprintf("%s took longer than %s", what, limit))
		}))
	}
	if a.options.Heartbeat > 0 && a.kind != journal.RunTx {
		a.stop = append(a.stop, e.sched.After(a.options.Heartbeat, a.listen))
	}
	return host.WithTask(deadlined{ctx, deadline}, &host.Task{
		Run: a.info, Activity: a.name, Op: a.key.op, Attempt: a.number, Scheduled: a.asked,
		Key: idempotencyKey(a.info.ULID, a.key.op), Last: a.last, Heartbeat: a.heartbeat,
	})
}

// deadlined tells user code the deadline that the engine's own timer enforces.
type deadlined struct {
	context.Context
	at time.Time
}

func (d deadlined) Deadline() (time.Time, bool) { return d.at, !d.at.IsZero() }

// expire fails an attempt that is still under way; its function may go on, but
// what it returns is dropped.
func (a *attempt) expire(message string) Task {
	return a.finish(nil, &journal.Failure{Message: message, Code: host.CodeTimeout})
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

// finish decides the attempt's outcome, once, and gives it to the run.
func (a *attempt) finish(data json.RawMessage, err error) (next Task) {
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return nil
	}
	a.over = true
	for _, stop := range a.stop {
		stop()
	}
	if a.cancel != nil {
		a.cancel(context.Canceled) // releases the context
	}
	why := a.canceled
	in, tell := a.outcome(data, err, why)
	if err != nil && a.unsaved && (tell || errors.Is(why, errSuspended)) {
		a.e.start(a.queueBeat()) // the next attempt goes on from there
	}
	a.mu.Unlock()
	return a.e.finished(a, in, tell)
}

// outcome is the event that the attempt's end becomes, if it becomes one.
func (a *attempt) outcome(data json.RawMessage, err, why error) (in input, tell bool) {
	if errors.Is(why, errLost) || err != nil && errors.Is(why, errSuspended) || errors.Is(why, host.ErrCanceled) && !a.options.WaitCancel {
		return input{}, false
	}
	ev := journal.Event{Kind: journal.ActivityCompleted, Op: a.key.op, Name: a.name, Data: data}
	note := journal.Note{}
	if a.number > 1 {
		note.Attempt, note.Began = a.number, a.began
	}
	if err != nil {
		note.Attempt = a.number
		f := host.Encode(err)
		f.NonRetryable = a.options.Final(f)
		ev.Data, _ = json.Marshal(f)
		ev.Kind = journal.ActivityFailed
		if why == nil && !f.NonRetryable {
			if due, again := a.next(); again {
				ev.Kind, note.Due = journal.AttemptFailed, due
			}
		}
	}
	ev.Note = note.Encode()
	return input{kind: inputEvent, event: ev}, true
}

// next says when the attempt after a failed one is due, and whether there is to
// be one.
func (a *attempt) next() (due time.Time, again bool) {
	o := a.options
	if o.Attempts > 0 && a.number >= o.Attempts {
		return time.Time{}, false
	}
	wait := float64(o.Initial)
	for range a.number - 1 {
		if wait *= o.Factor; wait >= float64(o.Cap) {
			break
		}
	}
	d := jitter(min(time.Duration(min(wait, float64(o.Cap))), o.Cap), o.Jitter, a.info.ULID, a.key.op, a.number)
	due = a.e.sched.Now().Add(d)
	if o.Overall > 0 && due.After(a.asked.Add(o.Overall)) {
		return time.Time{}, false
	}
	return due, true
}

// canceledResult answers an operation that was given up with WaitCancel and has
// no attempt under way.
func canceledResult(op *operation) input {
	return input{kind: inputEvent, event: journal.Event{Kind: journal.ActivityFailed, Op: op.number, Name: op.name,
		Data: host.Marshal(host.ErrCanceled)}}
}
