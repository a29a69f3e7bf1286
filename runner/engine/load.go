package engine

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// own makes the in-memory run of one that this process has claimed.
func (e *Engine) own(row journal.Run) *run {
	r := &run{
		e:        e,
		info:     host.Info{ID: row.ID, ULID: row.ULID, Workflow: row.Workflow, Started: row.Created},
		fn:       e.workflow(row.Workflow),
		parent:   row.Parent,
		parentOp: row.ParentOp,
		key:      row.Key,
		fence:    row.Fence,
		timers:   map[int64]*deadline{},
	}
	r.sum = journal.Root(row.ULID)
	r.driver = r.drive
	r.queue = r.room[:0]
	return r
}

// load rebuilds the run from the journal: it replays the history, puts the
// messages that wait before next and the rest of the queue, since they are on
// disk, and picks up whatever was under way.
func (r *run) load(next input) error {
	ctx := context.Background() // bounded by the size of the run; never abandoned half way
	if r.create != nil {        // begun by this process, nothing is on disk yet
		r.x = r.e.execution(r.info, r.fn)
		r.unread(next)
		return nil
	}
	r.at(journal.ReplayBegun)
	details, err := r.e.store.Details(ctx, r.key)
	if err != nil {
		return fmt.Errorf("read the details of run %s: %w", r.info.ID, err)
	}
	if err := r.replay(ctx); err != nil {
		return err
	}
	for op := range details.Progress {
		r.setBeaten(op)
	}
	// Whatever is not under way now has its outcome, if there is one, in the inbox
	// or the queue, which are therefore read later.
	under := r.underWay()
	messages, err := r.messages(0)
	if err != nil {
		return err
	}
	r.seen = 0
	if len(messages) > 0 {
		r.seen = messages[len(messages)-1].ID
	}
	if r.putOff() {
		next.cutoff = r.seen
	}
	queue := r.unread(append(inputs(messages), next)...)
	if r.x.ended || r.x.terminated {
		r.drop(journal.ErrClosed) // by somebody else, since it was claimed
		return nil
	}
	r.at(journal.ReplayDone)
	r.pickUp(details, under, queue)
	return nil
}

// replay makes the execution from the history.
func (r *run) replay(ctx context.Context) error {
	r.x = r.e.execution(r.info, r.fn)
	chain := journal.NewChain(r.ref())
	err := r.e.history(ctx, r.ref(), func(page []journal.Event) error {
		r.enter(r.e.sched.Now())
		defer r.leave()
		return r.x.play(chain, page)
	})
	if err != nil {
		r.e.sched.Go(leaf(r.x.close))
		r.x = nil
		return err
	}
	r.seq, r.sum, r.phase = chain.Seq(), chain.Sum(), journal.Queued
	if r.seq > 0 {
		r.phase = r.x.phase()
	}
	return nil
}

// unread puts inputs before all others, and returns the queue.
func (r *run) unread(in ...input) []input {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(in, r.queue...)
	return r.queue
}

// putOff reports whether the end of the run was put off often enough.
func (r *run) putOff() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused >= refusals
}

// underWay are the attempts of pending operations that are.
func (r *run) underWay() map[int64]*attempt {
	under := map[int64]*attempt{}
	for number, op := range r.x.pending {
		if op.work() {
			if a := r.e.tried(attemptKey{r.key, number}); a != nil {
				under[number] = a
			}
		}
	}
	return under
}

// pickUp schedules and starts what the journal says is pending, but for what is
// under way in this process already, and what the queue has an answer to.
func (r *run) pickUp(details journal.Details, under map[int64]*attempt, queue []input) {
	answered, cancels := map[int64]bool{}, false
	for i := range queue {
		answered[queue[i].event.Op] = true
		cancels = cancels || queue[i].event.Kind == journal.CancelRequested
	}
	var due []journal.Timer
	for _, number := range r.x.pendingNumbers() {
		op := r.x.pending[number]
		switch {
		case answered[number]:
		case op.kind == journal.StartTimer:
			due = append(due, journal.Timer{Op: number, Due: op.due})
		case op.kind == journal.StartChild:
		case under[number] != nil:
			under[number].mute(false)
		case op.gaveUp:
			r.feed(canceledResult(op))
		case op.due.After(r.e.sched.Now()):
			due = append(due, journal.Timer{Op: number, Attempt: op.failed + 1, Due: op.due})
		case cancels: // an attempt would be begun only to be canceled
			r.feed(input{kind: inputRetry, event: journal.Event{Op: number}}) // if it is wanted after that
		default:
			a := r.attempt(op)
			a.task.Last = details.Progress[number]
			r.e.launch(a)
		}
	}
	r.e.schedule(r, due...)
	if r.x.children && r.e.only { // also for those that it gave up: they are to hear of it
		r.e.busy(1)
		r.e.sched.Go(leaf(func() { r.e.adoptChildren(r.key) }))
	}
}

// execution makes the in-memory workflow of one run.
func (e *Engine) execution(info host.Info, fn host.WorkflowFunc) *execution {
	x := newExecution(info, fn, e.defaults)
	if e.logger != nil {
		x.log = e.logger.Handler()
	}
	return x
}

// ref names the run.
func (r *run) ref() journal.Ref { return journal.Ref{Key: r.key, ULID: r.info.ULID, ID: r.info.ID} }
