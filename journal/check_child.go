package journal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A childOp is an operation that asked for a child.
type childOp struct {
	op           int64
	workflow, id string
	seen         bool // the child exists
	waits        bool // the parent waits for it and has not been told anything
}

// expect remembers the children that a run asked for.
func (c *check) expect(x *examined) {
	if x.broken {
		c.children[x.row.Key] = nil
		return
	}
	var asked []childOp
	for i := range x.state.Operations {
		if o := &x.state.Operations[i]; o.Command.Kind == StartChild {
			asked = append(asked, childOp{
				op: o.Command.Op, workflow: o.Command.Name, id: o.Command.ID, waits: x.waits(o.Command.Op),
			})
		}
	}
	if asked != nil {
		c.children[x.row.Key] = asked
	}
}

// waits reports whether the run waits for that operation and its inbox does not
// hold the answer.
func (x *examined) waits(op int64) bool {
	o := x.state.Op(op)
	return !x.broken && !x.row.Status.Closed() && o != nil && o.Pending() &&
		!slices.ContainsFunc(x.inbox, func(m Message) bool { return m.Kind == ResultMessage && m.Op == op })
}

// isChild checks that a run which says it is a child is one.
func (c *check) isChild(row *Run) error {
	if row.Parent == 0 {
		return nil
	}
	asked, known := c.children[row.Parent]
	if known && asked == nil {
		return nil // the parent's history is not to be trusted
	}
	i := slices.IndexFunc(asked, func(o childOp) bool { return o.op == row.ParentOp })
	if i < 0 {
		return c.report(row, breach("P1", "it says it is child %d of run %d, which did not ask for it", row.ParentOp, row.Parent))
	}
	o := &asked[i]
	o.seen = true
	if o.workflow != row.Workflow || o.id != row.ID {
		return c.report(row, breach("P1", "it is %s %q; operation %d of run %d asked for %s %q",
			row.Workflow, row.ID, o.op, row.Parent, o.workflow, o.id))
	}
	if !row.Status.Closed() || !o.waits {
		return nil
	}
	// The parent was read before; it may have been told since.
	p, err := examine(c.ctx, c.store, row.Parent)
	if err != nil {
		return err
	}
	if !p.still || !p.waits(o.op) {
		return nil
	}
	return c.report(row, breach("P1", "it is %s, and its parent, run %d, was not told", row.Status, row.Parent))
}

// missing reports children that were asked for and are not there.
func (c *check) missing() error {
	for _, parent := range sortedKeys(c.children) {
		for _, o := range c.children[parent] {
			if o.seen || !o.waits {
				continue
			}
			if err := c.lost(parent, &o); err != nil {
				return err
			}
		}
	}
	return nil
}

// lost reports a child, unless it has come, or its parent was told, since the
// parent was read.
func (c *check) lost(parent int64, o *childOp) error {
	children, err := c.store.Runs(c.ctx, Filter{Parent: parent})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(children, func(r Run) bool { return r.ParentOp == o.op }) {
		return nil
	}
	p, err := examine(c.ctx, c.store, parent)
	if errors.Is(err, ErrNoRun) || err == nil && (!p.still || !p.waits(o.op)) {
		return nil
	} else if err != nil {
		return err
	}
	return c.report(&p.row, breach("P1", "operation %d asked for %s %q, which was never created", o.op, o.workflow, o.id))
}

func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }

// timers shows deadlines in a violation.
func timers(ts []Timer) string {
	if len(ts) == 0 {
		return "none"
	}
	var b strings.Builder
	for i, t := range ts {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d", t.Op)
		if t.Attempt != 0 {
			fmt.Fprintf(&b, " attempt %d", t.Attempt)
		}
		fmt.Fprintf(&b, " at %s", stamp(t.Due))
	}
	return b.String()
}

// stamp is a time as violations show it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
