package sqlite

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// terminate ends a run whoever owns it. The owner's next append finds it closed.
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
	if run.Parent == 0 {
		return nil
	}
	return g.tell(run.Parent, t.Told(&run))
}
