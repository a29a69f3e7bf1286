package engine

import (
	"context"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// terminated tells everybody concerned that a run was.
func (e *Engine) terminated(row *journal.Run) {
	if r := e.resident(row.Key); r != nil {
		r.drop(host.ErrCanceled)
	}
	e.changed(row.Key)
	e.nudge(row.Key)
	if row.Parent != 0 {
		e.posted(row.Parent)
	}
	open := journal.Filter{Parent: row.Key, Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}}
	children, err := e.store.Runs(context.Background(), open)
	if err != nil {
		e.log().Error("the children of a terminated run could not be canceled", "run", row.ID, "error", err)
	}
	for i := range children {
		e.send(&journal.Post{Run: children[i].Key, Message: canceledByParent(e.sched.Now())})
	}
}

// send posts a message. Nobody waits for it while this engine serves.
func (e *Engine) send(p *journal.Post) {
	then := func() {
		if p.Err == nil {
			e.posted(p.Run)
		}
	}
	if e.serves() {
		e.start(e.enqueue(then, p))
	} else if e.store.Commit(p) == nil {
		then()
	}
}

// lookAt finds out whether a run in memory was terminated by another process,
// which is all that can happen to it unnoticed.
func (e *Engine) lookAt(run int64) {
	defer e.busy(-1)
	row, err := e.store.Run(context.Background(), journal.Ref{Key: run})
	if err != nil || row.Status != journal.StatusTerminated {
		return
	}
	if r := e.resident(run); r != nil {
		r.drop(host.ErrCanceled)
		e.changed(run)
	}
}
