package engine

import (
	"cmp"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// prepare fills the append with what the turn's commands mean to the tables.
func (r *run) prepare(t *turn) {
	a, x := t.append, r.x
	for i, f := range t.effects {
		switch f.kind {
		case effectAttempt:
			if !f.op.done && !f.op.gaveUp { // in the same turn
				f.op.attempt = r.attempt(f.op)
				t.attempts = append(t.attempts, f.op.attempt)
			}
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
			end := x.commands[i]
			t.end = &end
			if p := r.tellParent(&end); p != nil {
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
	switch {
	case op.kind == journal.StartChild:
		a.Then = append(a.Then, &journal.Post{Parent: r.key, ParentOp: op.number, Message: journal.CanceledByParent(a.Event.At)})
	case op.work():
		r.mute(op)
		r.forgetBeats(a, op)
	}
}

// mute keeps op's attempt from recording a heartbeat behind the turn that ends
// the wait for it. The turn that lets it out may not be on disk yet.
func (r *run) mute(op *operation) {
	if a := cmp.Or(r.e.tried(attemptKey{r.key, op.number}), op.attempt); a != nil {
		a.mute(true)
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
