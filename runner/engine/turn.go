package engine

import (
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A turn is one event on its way to the disk, with what is to happen once it is
// there.
type turn struct {
	r         *run
	in        input
	create    *journal.Create // the run is new
	append    *journal.Append
	effects   []effect
	attempts  []*attempt
	logs      []logLine
	questions []*question
	end       *journal.Command // the run's last, if this is its last turn
	saved     bool
}

// manyEvents is where a run is worth a warning. There is no hard end.
const manyEvents = 10_000

// handle carries out one input. It reports whether the caller has become the
// committer.
func (r *run) handle(in input) (commit Task) {
	if r.x == nil {
		switch in.kind {
		case inputEvict:
			return nil
		case inputCrashed:
			return r.stick(r.crashed(), nil)
		}
		if err := r.load(in); err != nil {
			return r.failed(err, &in)
		}
		return nil // in is in the queue again, behind the messages
	}
	switch in.kind {
	case inputEvent, inputMessage:
		return r.turn(in)
	case inputInbox:
		return r.readInbox()
	case inputRetry:
		return r.retry(in.event.Op)
	case inputQuery:
		r.answer(in.query)
	case inputEvict:
		r.evict()
	case inputUnbound:
		if op := r.x.pending[in.event.Op]; op != nil {
			return r.stick(&unboundError{op: in.event.Op, name: in.event.Name}, nil)
		}
	}
	return nil
}

// turn feeds one event to the workflow and queues what came of it.
func (r *run) turn(in input) (commit Task) {
	e, x := r.e, r.x
	if !x.wanted(&in.event) {
		if in.kind == inputMessage {
			return e.enqueue(nil, &journal.Discard{Run: r.key, Fence: r.fence, Message: in.message})
		}
		return nil
	}
	now := e.sched.Now()
	ev := in.event
	ev.Seq, ev.At = r.seq+1, now
	if now.Before(x.now) {
		ev.At = x.now // time in a workflow never goes back
	}
	a := &journal.Append{Run: r.key, New: r.create, Fence: r.fence, Delivered: in.message}
	if op := x.pending[ev.Op]; ev.Op != 0 && op != nil {
		r.unset(a, op)
		if ev.Kind != journal.AttemptFailed && r.wasBeaten(op.number, true) {
			a.Clear = append(a.Clear, op.number)
		}
	}
	t := &turn{r: r, in: in, create: r.create, append: a}
	if ev.Kind == journal.AttemptFailed {
		x.commands, x.effects, x.logs = nil, nil, nil
		x.attemptFailed(&ev)
		op := x.pending[ev.Op]
		a.Set = append(a.Set, journal.Timer{Op: op.number, Attempt: op.failed + 1, Due: op.due})
		t.effects = []effect{{kind: effectTimer, op: op}}
	} else {
		r.enter(now)
		ok := x.turn(&ev, now)
		r.leave()
		if !ok {
			return r.stick(&brokenError{event: r.seq, crash: x.broken}, &in)
		}
		t.effects, t.logs = x.effects, x.logs
	}
	if len(x.commands) > 0 {
		ev.Commands = journal.AppendCommands(make([]byte, 0, 96*len(x.commands)), x.commands)
	}
	journal.Seal(r.sum, &ev)
	a.Event = ev
	r.prepare(t)
	return r.submit(t)
}

// prepare fills the append with what the turn's commands mean to the tables.
func (r *run) prepare(t *turn) {
	a, x := t.append, r.x
	for i, f := range t.effects {
		switch f.kind {
		case effectAttempt:
			t.attempts = append(t.attempts, r.attempt(f.op))
		case effectTimer:
			if f.op.kind == journal.StartTimer && !f.op.done {
				a.Set = append(a.Set, journal.Timer{Op: f.op.number, Due: f.op.due})
			}
		case effectChild:
			a.Then = append(a.Then, r.child(f, a.Event.At))
		case effectCancel:
			r.cancelOperation(a, f.op)
		case effectEnd:
			a.End, _ = x.commands[i].Kind.Ends()
			t.end = &x.commands[i]
			if p := r.tellParent(&x.commands[i]); p != nil {
				a.Then = append(a.Then, p)
			}
		}
	}
	if phase := x.phase(); a.End == "" && phase != r.phase {
		r.phase = phase
		if r.create != nil {
			r.create.Phase = phase // one write less
		} else {
			a.Phase = phase
		}
	}
}

// unset takes the deadline that op waits for out of the table.
func (r *run) unset(a *journal.Append, op *operation) {
	if op.due.IsZero() {
		return
	}
	d := journal.Timer{Op: op.number, Due: op.due}
	if op.work() {
		d.Attempt = op.failed + 1
	}
	for i := range a.Set {
		if a.Set[i] == d { // set and given up in one turn: it never was
			a.Set = append(a.Set[:i], a.Set[i+1:]...)
			return
		}
	}
	a.Unset = append(a.Unset, d)
	op.due = time.Time{}
}

func (r *run) cancelOperation(a *journal.Append, op *operation) {
	if op.gaveUp {
		return // its attempt is told; it stays pending, with its deadline
	}
	r.unset(a, op)
	if op.kind == journal.StartChild {
		a.Then = append(a.Then, &journal.Post{Parent: r.key, ParentOp: op.number,
			Message: journal.Message{Kind: journal.CancelMessage, Data: []byte(`"canceled by its parent"`), At: a.Event.At}})
	}
}

// child is the write that starts a child run, owned by this process if it has
// the child's code.
func (r *run) child(f effect, at time.Time) *journal.Create {
	input := f.input
	if input == nil {
		input = []byte("null")
	}
	failure := host.Marshal(&journal.Failure{Code: host.CodeExists, Message: "the id " + f.child + " is taken by another run"})
	told := resultMessage(journal.ChildFailed, f.op.number, f.op.name, failure)
	told.At = at
	return &journal.Create{
		ULID: newULID(r.e.sched), ID: f.child, Workflow: f.op.name, Origin: journal.ByParent,
		Parent: r.key, ParentOp: f.op.number, At: at, Own: r.e.workflow(f.op.name) != nil, Input: input, TellParent: &told,
	}
}

// tellParent is the message by which a child's end reaches its parent.
func (r *run) tellParent(c *journal.Command) *journal.Post {
	if r.parent == 0 {
		return nil
	}
	kind := journal.ChildFailed
	if c.Kind == journal.Complete {
		kind = journal.ChildCompleted
	}
	m := resultMessage(kind, r.parentOp, r.info.Workflow, c.Data)
	m.At = r.x.now
	return &journal.Post{Run: r.parent, Message: m}
}

// submit hands the turn to the committer.
func (r *run) submit(t *turn) (commit Task) {
	ev := &t.append.Event
	r.seq, r.sum = ev.Seq, ev.Sum
	r.mu.Lock()
	r.unsaved++
	r.last = t
	r.mu.Unlock()
	writes := []journal.Write{t.append}
	if r.create != nil {
		writes = []journal.Write{r.create, t.append}
		r.create = nil
	}
	return r.e.enter(entry{writes: writes, done: t.committed, failed: t.abandoned})
}

// abandoned is called instead of committed when the store has failed.
func (t *turn) abandoned(err error) {
	if t.create != nil {
		t.r.starter(err)
	}
	for _, q := range t.questions {
		q.fail(err)
	}
}

// committed is called, in order, for each turn whose group is on disk.
func (t *turn) committed() {
	r := t.r
	if t.create != nil {
		if !r.created(t.create) {
			return
		}
	}
	if err := t.append.Err; err != nil {
		t.rejected(err)
		return
	}
	r.mu.Lock()
	r.unsaved--
	t.saved = true
	if r.last == t {
		r.last = nil
	}
	questions := t.questions
	kick := r.stale && r.unsaved == 0 || len(r.queue) > 0 && r.unsaved == 0
	r.mu.Unlock()

	release(t.logs)
	for _, q := range questions {
		q.reply()
	}
	t.release()
	if t.append.End != "" {
		r.drop(host.ErrCanceled) // before told, see Result
		r.e.told(r.key, t)
		return
	}
	r.e.told(r.key, t)
	if t.append.Event.Seq == manyEvents {
		r.e.log().Warn("a run has many events: each replay of it takes longer", "run", r.info.ID, "events", manyEvents)
	}
	if kick {
		r.feed()
	}
	r.rest()
}

// release lets the turn's effects out: it is on disk (P1).
func (t *turn) release() {
	r, e := t.r, t.r.e
	for _, d := range t.append.Unset {
		e.unschedule(r, d.Op)
	}
	for _, a := range t.attempts {
		a.key.run, a.fence = r.key, r.fence
		e.launchNext(a)
	}
	for _, f := range t.effects {
		switch f.kind {
		case effectTimer:
			if d := t.deadline(f.op.number); d != nil {
				e.schedule(r, *d)
			}
		case effectCancel:
			e.unschedule(r, f.op.number)
			if !e.cancelAttempt(attemptKey{r.key, f.op.number}, host.ErrCanceled) && f.op.gaveUp {
				r.feed(canceledResult(f.op)) // there is nobody to wait for
			}
		}
	}
	for _, w := range t.append.Then {
		switch w := w.(type) {
		case *journal.Create:
			switch {
			case w.Existing.Key != 0:
				r.look() // the parent, this run, was told
			case w.Err == nil && w.Own:
				e.began(w)
			case w.Err == nil:
				e.nudge(w.Key)
			}
		case *journal.Post:
			if w.Err == nil {
				e.posted(w.Run)
			}
		}
	}
	if t.append.Event.Kind != journal.AttemptFailed && t.append.Event.Op != 0 && r.suspect {
		e.cleared(r)
	}
}

// deadline is what this turn has set for op, nil if nothing.
func (t *turn) deadline(op int64) *journal.Timer {
	for i := range t.append.Set {
		if t.append.Set[i].Op == op {
			return &t.append.Set[i]
		}
	}
	return nil
}

// rejected decides what becomes of a turn that the store did not write. Nothing
// of it has left the process.
func (t *turn) rejected(err error) {
	r := t.r
	r.mu.Lock()
	r.unsaved--
	if r.last == t {
		r.last = nil
	}
	again := r.stale || errors.Is(err, journal.ErrUnread)
	if again {
		r.stale = true
		r.redo = append(r.redo, t.in)
		for _, q := range t.questions {
			r.redo = append(r.redo, input{kind: inputQuery, query: q})
		}
	}
	kick := again && r.unsaved == 0
	r.mu.Unlock()
	switch {
	case kick:
		r.feed()
	case !again:
		for _, q := range t.questions {
			q.fail(err)
		}
		r.drop(err)
	}
}
