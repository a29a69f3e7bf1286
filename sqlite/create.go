package sqlite

import (
	"cmp"

	"github.com/seed139febb4/durable/journal"
)

const (
	insertRun = `INSERT INTO runs (ulid, id, workflow, status, phase, origin, parent, parent_op, created, owner, fence)
VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?)`
	inTheWay = `SELECT run FROM runs WHERE id = ?1 AND status IN ('open', 'stuck')
UNION ALL SELECT run FROM runs WHERE ` + isULID + ` AND id IS NULL AND status IN ('open', 'stuck')`
	findULID = `SELECT run FROM runs WHERE ` + isULID

	// isULID finds the run with the ULID ?1 by its index, which holds a part of it.
	isULID = `substr(ulid, 4, 10) = substr(?1, 4, 10) AND ulid = ?1`
)

// create makes a run, and puts its input into the inbox if it has one.
func (g *group) create(c *journal.Create) error {
	c.Key, c.Existing = 0, journal.Run{}
	if c.Own && g.db.self.Load() == 0 {
		return refuse("create run %s: this process has not joined: %w", c.ULID, journal.ErrFenced)
	}
	id := c.ID
	if id == c.ULID {
		id = ""
	}
	if id != "" {
		if key, taken, err := g.one(inTheWay, id); err != nil {
			return err
		} else if taken {
			return g.taken(c, key)
		}
	}
	if key, taken, err := g.one(findULID, c.ULID); err != nil {
		return err
	} else if taken {
		return g.taken(c, key)
	}
	owner, fence := int64(0), int64(0)
	if c.Own {
		owner, fence = g.db.self.Load(), 1
	}
	phase := cmp.Or(c.Phase, journal.Queued)
	key, err := g.insert(insertRun, c.ULID, textArg(id), c.Workflow, string(phase), textArg(c.Origin), intArg(c.Parent), intArg(c.ParentOp),
		c.At.UnixNano(), intArg(owner), fence)
	if err != nil {
		return err
	}
	c.Key = key
	if c.Own {
		g.keep(c.Key, holding{fence: fence, phase: phase})
	}
	if c.Input != nil {
		err = g.put(c.Key, &journal.Message{Kind: journal.StartMessage, Data: c.Input, At: c.At})
	}
	return err
}

// taken refuses c because of the run key, or lets its parent know instead.
func (g *group) taken(c *journal.Create, key int64) error {
	run, err := findRun(bg, g.conn, journal.Ref{Key: key}, g.db.lives())
	if err != nil {
		return err
	}
	c.Existing = run
	if c.TellParent == nil {
		return refuse("create run %s: %w", run.ID, journal.ErrExists)
	}
	return g.tell(c.Parent, c.TellParent)
}

// tell puts a message into a run's inbox; a run that has ended or is not there
// is not told.
func (g *group) tell(run int64, m *journal.Message) error {
	p := journal.Post{Run: run, Message: *m}
	return g.apply(&p)
}
