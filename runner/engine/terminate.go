package engine

import (
	"context"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// terminated tells everybody concerned that a run was, with its children.
func (e *Engine) terminated(row *journal.Run, children []int64) {
	if r := e.resident(row.Key); r != nil {
		r.drop(host.ErrCanceled)
	}
	e.changed(row.Key)
	e.nudge(row.Key)
	if row.Parent != 0 {
		e.posted(row.Parent)
	}
	for _, child := range children {
		e.posted(child)
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
