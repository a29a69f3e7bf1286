package sqlite

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// terminate ends a run whoever owns it. The owner's next append finds it closed.
const unfinishedChildren = `SELECT run FROM runs WHERE parent = ? AND status IN ('open', 'stuck') ORDER BY run`

func (g *group) terminate(t *journal.Terminate) error {
	run, err := findRun(bg, g.conn, journal.Ref{Key: t.Run}, g.db.lives())
	switch {
	case errors.Is(err, journal.ErrNoRun):
		return refuse("terminate: %w", err)
	case err != nil:
		return err
	case run.Status.Closed():
		return refuse("terminate run %d: %w", t.Run, journal.ErrClosed)
	}
	e := t.Event(&run)
	if err := g.addEvent(t.Run, &e); err != nil {
		return err
	}
	if err := g.exec(`UPDATE runs SET fence = fence + 1 WHERE run = ?`, t.Run); err != nil {
		return err
	}
	if err := g.end(t.Run, journal.StatusTerminated, &e); err != nil {
		return err
	}
	if err := g.endChildren(t, &e); err != nil || run.Parent == 0 {
		return err
	}
	return g.tell(run.Parent, t.Told(&run))
}

// endChildren asks the children of a terminated run to end.
func (g *group) endChildren(t *journal.Terminate, e *journal.Event) error {
	t.Children = nil
	err := g.conn.query(bg, unfinishedChildren, func(r row) error {
		t.Children = append(t.Children, r.int(0))
		return nil
	}, t.Run)
	if err != nil {
		return err
	}
	for _, child := range t.Children {
		m := journal.CanceledByParent(e.At)
		if err := g.tell(child, &m); err != nil {
			return err
		}
	}
	return nil
}
