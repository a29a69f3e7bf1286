package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// own makes the in-memory run of one that this process has claimed.
func (e *Engine) own(row journal.Run) *run {
	return &run{
		e:        e,
		info:     host.Info{ID: row.ID, ULID: row.ULID, Workflow: row.Workflow, Started: row.Created},
		fn:       e.workflow(row.Workflow),
		parent:   row.Parent,
		parentOp: row.ParentOp,
		key:      row.Key,
		fence:    row.Fence,
		timers:   map[int64]*deadline{},
	}
}

// load rebuilds the run from the journal: it replays the history, puts the
// messages that wait before next and the rest of the queue, since they are on
// disk, and picks up whatever was under way.
func (r *run) load(next input) error {
	ctx := context.Background() // bounded by the size of the run; never abandoned half way
	if r.create != nil {        // begun by this process, nothing is on disk yet
		r.x = r.e.execution(r.info, r.fn)
		r.phase = ""
		r.mu.Lock()
		r.queue = append([]input{next}, r.queue...)
		r.mu.Unlock()
		return nil
	}
	history, err := r.e.store.History(ctx, r.key, 0, 0)
	if err != nil {
		return fmt.Errorf("read the history of run %s: %w", r.info.ID, err)
	}
	details, err := r.e.store.Details(ctx, r.key)
	if err != nil {
		return fmt.Errorf("read the details of run %s: %w", r.info.ID, err)
	}
	x := r.e.execution(r.info, r.fn)
	messages, err := r.messages(0)
	if err != nil {
		return err
	}
	r.enter(r.e.sched.Now())
	sum, err := x.play(r.info.ID, history)
	r.leave()
	if err != nil {
		r.e.sched.Go(leaf(x.close))
		return err
	}
	r.x, r.seq, r.sum, r.seen = x, int64(len(history)), sum, 0
	if len(messages) > 0 {
		r.seen = messages[len(messages)-1].ID
	}
	queue := append(inputs(messages), next)
	r.mu.Lock()
	r.queue = append(queue, r.queue...)
	queue = r.queue
	r.mu.Unlock()
	if x.ended {
		return nil
	}
	r.phase = journal.Queued
	if len(history) > 0 {
		r.phase = x.phase()
	}
	for op := range details.Progress {
		r.setBeaten(op)
	}
	r.pickUp(details, queue)
	return nil
}

// pickUp schedules and starts what the journal says is pending, but for what the
// queue has an answer to. Attempts that are under way in this process already go
// on.
func (r *run) pickUp(details journal.Details, queue []input) {
	answered := map[int64]bool{}
	for i := range queue {
		answered[queue[i].event.Op] = true
	}
	for _, number := range r.x.pendingNumbers() {
		op := r.x.pending[number]
		switch {
		case answered[number]:
		case op.kind == journal.StartTimer:
			r.e.schedule(r, journal.Timer{Op: number, Due: op.due})
		case op.work() && !op.due.IsZero() && op.due.After(r.e.sched.Now()):
			r.e.schedule(r, journal.Timer{Op: number, Attempt: op.failed + 1, Due: op.due})
		case op.work() && op.gaveUp:
			if !r.e.underWay(attemptKey{r.key, number}) {
				r.feed(canceledResult(op))
			}
		case op.work():
			a := r.attempt(op)
			a.last = details.Progress[number]
			r.e.launch(a)
		}
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

// readInbox puts the messages that have not been taken yet at the head of the
// queue.
func (r *run) readInbox() (commit Task) {
	messages, err := r.messages(r.seen)
	if err != nil {
		return r.failed(err, nil)
	}
	if len(messages) == 0 {
		return nil
	}
	r.seen = messages[len(messages)-1].ID
	r.mu.Lock()
	r.queue = append(inputs(messages), r.queue...)
	r.mu.Unlock()
	return nil
}

// messages reads the inbox and verifies it.
func (r *run) messages(after int64) ([]journal.Message, error) {
	messages, err := r.e.store.Inbox(context.Background(), r.key, after)
	if err != nil {
		return nil, fmt.Errorf("read the inbox of run %s: %w", r.info.ID, err)
	}
	for i := range messages {
		if m := &messages[i]; m.Sum != m.Checksum(r.key) {
			return nil, &messageError{run: r.info.ID, message: m.ID}
		}
	}
	return messages, nil
}

func inputs(messages []journal.Message) []input {
	in := make([]input, len(messages), len(messages)+1)
	for i := range messages {
		in[i] = fromMessage(&messages[i])
	}
	return in
}

// A messageError is an inbox row whose bytes are not those that were committed.
type messageError struct {
	run     string
	message int64
}

func (e *messageError) Error() string {
	return fmt.Sprintf("run %s: message %d in the inbox does not match its checksum", e.run, e.message)
}

func (e *messageError) Unwrap() error { return journal.ErrDamaged }

func (e *messageError) Problem() journal.Problem {
	return journal.Problem{Kind: "damage", Message: e.Error()}
}

// failed decides what becomes of a run that cannot go on: it is stuck if the
// run itself is the reason, else the store is, and everything stops.
func (r *run) failed(err error, in *input) (commit Task) {
	var why troubled
	var diverged *NondeterminismError
	switch {
	case errors.As(err, &diverged):
		return r.stick(diverged, in)
	case errors.As(err, &why):
		return r.stick(why, in)
	case errors.Is(err, journal.ErrNoRun):
		r.drop(err)
		return nil
	}
	r.e.fail(err)
	return nil
}

// stick stops the run until somebody resumes it. Nothing is lost: results that
// exist nowhere else go to the inbox, in the same commit; messages and timers
// are on disk anyway.
func (r *run) stick(why troubled, in *input) (commit Task) {
	r.mu.Lock()
	inputs := r.queue
	r.queue = nil
	r.mu.Unlock()
	if in != nil {
		inputs = append([]input{*in}, inputs...)
	}
	s := &journal.Stick{Run: r.key, Fence: r.fence, Problem: why.Problem()}
	writes := []journal.Write{s}
	if r.create != nil { // the very first turn broke: the run begins stuck
		s.New, r.create.Input = r.create, in.event.Data
		writes = []journal.Write{r.create, s}
	}
	for i := range inputs {
		if m, ok := inputs[i].asMessage(); ok {
			m.At = r.e.sched.Now()
			writes = append(writes, &journal.Post{Run: r.key, Fence: r.fence, Message: m})
		}
		if q := inputs[i].query; q != nil {
			q.fail(&StuckError{Run: r.info.ID, Problem: s.Problem})
		}
	}
	create := r.create
	r.create = nil
	r.e.report(r, why)
	return r.e.enqueue(func() {
		if create != nil {
			r.created(create)
		}
		r.drop(nil) // attempts under way go on: their results are kept
		r.e.changed(r.key)
	}, writes...)
}
