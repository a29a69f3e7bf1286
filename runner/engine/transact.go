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
	b := a.e.bindings[a.name]
	if b == nil || b.Tx == nil {
		return a.e.unbound(a)
	}
	ctx := a.start()
	w := &journal.Transact{Run: a.key.run, Fence: a.fence, Op: a.key.op, Name: a.name, Schema: b.Schema, At: a.e.sched.Now(),
		Do: func(tctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			tctx = host.WithTask(tctx, host.TaskOf(ctx))
			return call(tctx, func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
				if err := context.Cause(ctx); err != nil {
					return nil, err
				}
				out, err := b.Tx(ctx, tx, in)
				if err == nil {
					err = a.e.fits(out, a.name)
				}
				return out, err
			}, a.input)
		}}
	return a.e.enqueue(func() { a.e.start(a.transacted(w.Err)) }, w)
}

// transacted ends the attempt once its group is on disk.
func (a *attempt) transacted(err error) (next Task) {
	switch {
	case err == nil:
		a.end(errLost) // its outcome is in the inbox already
		next = a.finish(nil, nil)
		a.e.posted(a.key.run)
		return next
	case errors.Is(err, journal.ErrFenced):
		a.end(errLost)
	case errors.Is(err, journal.ErrNoTx):
		err = &journal.Failure{NonRetryable: true, Message: fmt.Sprintf("transactional step %s: %v", a.name, err)}
	}
	return a.finish(nil, err)
}
