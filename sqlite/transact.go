package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
)

// spoiled is why a transactional step has cost the whole group its transaction:
// it took too long in it, or a statement of it rolled everything back.
type spoiled struct{ error }

func (s spoiled) Unwrap() error { return s.error }

// broken is an error of the store in the midst of a step, and no outcome of it.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// unlessBroken takes what went wrong before the step's function, or after it, for the
// step's outcome unless the disk did.
func unlessBroken(err error) error {
	if why := explain(err); errors.Is(why, journal.ErrBroken) || errors.Is(why, journal.ErrDamaged) {
		return broken{err}
	}
	return err
}

const (
	findResult   = `SELECT id FROM inbox WHERE run = ? AND kind = 'result' AND op = ? LIMIT 1`
	findSchema   = `SELECT 1 FROM schemas WHERE statement = ?`
	insertSchema = `INSERT INTO schemas (statement, at) VALUES (?, ?)`
)

// transact runs a step in a savepoint of the group's transaction.
func (g *group) transact(t *journal.Transact) error {
	if g.limit == 0 {
		return nil // its turn comes later
	}
	if _, err := g.fenced(t.Run, t.Fence); err != nil {
		return err
	}
	if _, done, err := g.one(findResult, t.Run, t.Op); err != nil || done {
		return err // its result waits to be delivered: it has run
	}
	if err := g.exec("SAVEPOINT step"); err != nil {
		return err
	}
	failed := g.step(t)
	var s spoiled
	var b broken
	switch {
	case errors.As(failed, &s):
		return s
	case errors.As(failed, &b):
		return b.error
	case g.guard.gone:
		return spoiled{failed}
	case failed != nil:
		failed = refuse("step %q of run %d: %w", t.Name, t.Run, failed)
		if err := g.exec("ROLLBACK TO step"); err != nil {
			return err
		}
	}
	if err := g.exec("RELEASE step"); err != nil {
		return err
	}
	return failed
}

// step runs the schema and the function, and records the result. Its error is
// the step's, or says that the group is spoiled.
func (g *group) step(t *journal.Transact) error {
	g.guard.ddl = false
	if err := g.schema(t); err != nil {
		return unlessBroken(err)
	}
	g.guard.strict = true
	g.at(journal.StepBefore, t)
	result, err := g.call(t)
	g.at(journal.StepAfter, t)
	g.guard.strict = false
	if err != nil {
		return err
	}
	if err = g.checkKeys(); err == nil {
		err = g.put(t.Run, &journal.Message{
			Kind: journal.ResultMessage, Event: journal.ActivityCompleted, Op: t.Op, Name: t.Name, Data: result, At: t.At,
		})
	}
	return unlessBroken(err)
}

// at tells the probe of a moment of a step.
func (g *group) at(point journal.Point, t *journal.Transact) {
	if g.db.probe != nil {
		g.db.probe(journal.Moment{Point: point, Op: t.Op, Name: t.Name})
	}
}

// schema executes those of the step's statements that this file has not seen.
func (g *group) schema(t *journal.Transact) error {
	for _, statement := range t.Schema {
		if _, seen, err := g.one(findSchema, statement); err != nil {
			return err
		} else if seen {
			continue
		}
		g.guard.strict = true
		err := g.run(statement)
		g.guard.strict = false
		if err != nil {
			return fmt.Errorf("its schema: %w", err)
		}
		if err := g.exec(insertSchema, statement, t.At.UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// checkKeys looks at what tables have become, if any did.
func (g *group) checkKeys() error {
	if !g.guard.ddl {
		return nil
	}
	var table string
	err := g.query(bg, foreignKeys, func(r row) error {
		table = r.text(0)
		return nil
	}, jsonList(slices.Collect(maps.Keys(ours))))
	if err == nil && table != "" {
		err = fmt.Errorf("table %s: no foreign key may refer to a table of the journal", table)
	}
	return err
}

// stepsOf picks the transactional steps of a commit.
func stepsOf(writes []journal.Write) (steps []*journal.Transact) {
	for _, w := range writes {
		if t, ok := w.(*journal.Transact); ok {
			steps = append(steps, t)
		}
	}
	return steps
}

// blames reports whether err may be the doing of a step: it spoiled the
// transaction, left a constraint that fails at COMMIT, or filled the disk.
func blames(err error) bool {
	var s spoiled
	var e coded
	return errors.As(err, &s) || errors.As(err, &e) && e.Code()&0xff == codes.SQLITE_CONSTRAINT
}

// alone gives a step a transaction of its own. What goes wrong is the step's
// outcome: the rest of its commit is on disk already. An earlier call of it that
// was left behind must have returned.
func (w *writer) alone(t *journal.Transact, earlier *call) {
	limit := w.db.aloneTime
	if earlier != nil && !earlier.wait(limit) {
		journal.Refuse(t, fmt.Errorf("step %q of run %d: it still runs after %v: %w", t.Name, t.Run, limit, context.DeadlineExceeded))
		return
	}
	w.db.probe.At(journal.StepAlone)
	g := group{writer: w, limit: limit}
	if err := g.attempt([]journal.Write{t}); err != nil {
		w.failed(t, err)
	}
}

// failed sets the outcome of a step that was alone. An error of the disk, too,
// is only told there; it also ends the handle's work.
func (w *writer) failed(t *journal.Transact, err error) {
	if !blames(err) {
		err = w.db.judge(err)
	}
	journal.Refuse(t, fmt.Errorf("step %q of run %d: %w", t.Name, t.Run, err))
}
