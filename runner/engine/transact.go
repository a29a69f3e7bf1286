package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// transact carries out a transactional step: the committer runs it inside the
// group that records its result, which reaches the run by way of its inbox.
func (a *attempt) transact() (next Task) {
	b := a.e.bindings[a.task.Activity]
	if b == nil || b.Tx == nil {
		return a.e.unbound(a)
	}
	ctx := a.start()
	w := &journal.Transact{Run: a.key.run, Fence: a.fence, Op: a.key.op, Name: a.task.Activity, Schema: b.Schema, At: a.e.sched.Now(),
		Do: func(tctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			if ctx.Err() != nil { // the attempt was canceled while it waited
				return nil, context.Cause(ctx)
			}
			return call(host.WithTask(tctx, host.TaskOf(ctx)), func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
				out, err := b.Tx(ctx, tx, in)
				if err == nil {
					err = a.e.fits(out, "result")
				}
				return out, err
			}, a.input)
		}}
	return a.commit(w)
}

// commit queues the step for the committer.
func (a *attempt) commit(w *journal.Transact) Task {
	return a.e.enter(entry{
		writes: []journal.Write{w},
		done:   func() { a.e.start(a.transacted(w)) },
		failed: func(error) { a.e.start(a.settle()) },
	})
}

// transacted ends the attempt once its group is on disk.
func (a *attempt) transacted(w *journal.Transact) (next Task) {
	err := w.Err
	switch {
	case err == nil: // its outcome is in the inbox already
		next = a.settle()
		a.e.posted(a.key.run)
		return next
	case errors.Is(err, journal.ErrFull), errors.Is(err, journal.ErrHeld): // as for any other write
		a.e.sched.After(pauseRetry, func() Task { return a.commit(w) })
		return nil
	case errors.Is(err, journal.ErrFenced), errors.Is(err, journal.ErrStuck), errors.Is(err, journal.ErrClosed):
		a.end(errLost)
	case errors.Is(err, journal.ErrNoTx):
		err = &journal.Failure{NonRetryable: true, Message: fmt.Sprintf("transactional step %s: %v", a.task.Activity, err)}
	}
	return a.finish(nil, err)
}
