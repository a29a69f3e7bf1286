package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// expire fails an attempt that is still under way; its function may go on, but
// what it returns is dropped.
func (a *attempt) expire(message string) Task {
	a.mu.Lock()
	if !a.back {
		a.left = true
		a.e.leftBehind(a)
	}
	a.mu.Unlock()
	return a.finish(nil, &journal.Failure{Message: message, Code: host.CodeTimeout})
}

// returned is finish for the function itself.
func (a *attempt) returned(data json.RawMessage, err error) Task {
	a.mu.Lock()
	a.back = true
	if a.left {
		a.e.caughtUp(a)
	}
	a.mu.Unlock()
	return a.finish(data, err)
}

// finish decides the attempt's outcome, once, and gives it to the run.
func (a *attempt) finish(data json.RawMessage, err error) (next Task) {
	a.mu.Lock()
	if !a.close() {
		a.mu.Unlock()
		return nil
	}
	in, tell := a.outcome(data, err)
	if err != nil && tell && a.pulse.unsaved && !a.pulse.muted {
		a.e.start(a.queueBeat()) // the next attempt goes on from there
	}
	a.mu.Unlock()
	return a.e.finished(a, in, tell)
}

// settle ends an attempt whose outcome its run gets, or has got, otherwise.
func (a *attempt) settle() (next Task) {
	a.mu.Lock()
	first := a.close()
	a.mu.Unlock()
	if !first {
		return nil
	}
	return a.e.finished(a, input{}, false)
}

// close reports whether the outcome is still to be decided; now it is. The
// caller holds mu.
func (a *attempt) close() bool {
	if a.over {
		return false
	}
	a.over = true
	for _, stop := range a.timers {
		if stop != nil {
			stop()
		}
	}
	if a.cancel != nil {
		a.cancel(context.Canceled) // releases the context
	}
	return true
}

// outcome is what its run is told of the attempt's end, if anything. A run that
// is still, or again, in memory makes an attempt again that was lost on the way.
// The caller holds mu.
func (a *attempt) outcome(data json.RawMessage, err error) (in input, tell bool) {
	why := a.canceled
	switch {
	case errors.Is(why, host.ErrCanceled) && !a.options.WaitCancel:
		return input{}, false
	case errors.Is(why, errLost), err != nil && errors.Is(why, errSuspended):
		return input{kind: inputRetry, event: journal.Event{Op: a.key.op}}, true
	}
	ev := journal.Event{Kind: journal.ActivityCompleted, Op: a.key.op, Name: a.task.Activity, Data: data}
	note := journal.Note{}
	if a.task.Attempt > 1 {
		note.Attempt, note.Began = a.task.Attempt, a.began
	}
	if err != nil {
		note.Attempt = a.task.Attempt
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

// longestWait between two attempts, whatever their options say: 73 years, which
// jitter cannot make too long for a time.Duration.
const longestWait = time.Duration(1) << 61

// next says when the attempt after a failed one is due, and whether there is to
// be one.
func (a *attempt) next() (due time.Time, again bool) {
	o := a.options
	if o.Attempts > 0 && a.task.Attempt >= o.Attempts {
		return time.Time{}, false
	}
	longest := min(float64(o.Cap), float64(longestWait))
	wait := min(float64(o.Initial), longest)
	for range a.task.Attempt - 1 {
		if wait *= o.Factor; wait >= longest {
			wait = longest
			break
		}
	}
	d := jitter(time.Duration(wait), min(o.Jitter, 1), a.task.Run.ULID, a.key.op, a.task.Attempt)
	due = journal.Deadline(a.e.sched.Now(), d)
	if o.Overall > 0 && due.After(a.task.Scheduled.Add(o.Overall)) {
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
