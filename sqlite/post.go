package sqlite

import (
	"github.com/seed139febb4/durable/journal"
)

const (
	insertMessage = `INSERT INTO inbox (run, kind, event, op, name, data, by, verified, key, at, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertKey     = `INSERT INTO keys (run, key, message) VALUES (?, ?, ?)`
	findChild     = `SELECT run FROM runs WHERE parent = ? AND parent_op = ? ORDER BY run DESC LIMIT 1`
	findKey       = `SELECT message FROM keys WHERE run = ? AND key = ?`
)

// post puts a message into a run's inbox. A repeated one is no news even to a
// run that has ended since.
func (g *group) post(p *journal.Post) error {
	p.Duplicate = false
	if err := g.addressee(p); err != nil {
		return err
	}
	run := p.Run
	status, err := g.status(run)
	if err != nil {
		return err
	}
	if key := p.Message.Key; key != "" {
		first, seen, err := g.one(findKey, run, key)
		if err != nil {
			return err
		}
		if seen {
			p.Duplicate, p.Message.ID = true, first
			return nil
		}
	}
	if status.Closed() {
		return refuse("send to run %d: %w", run, journal.ErrClosed)
	}
	if p.Fence != 0 {
		if fence, _, err := g.one(`SELECT fence FROM runs WHERE run = ?`, run); err != nil {
			return err
		} else if fence != p.Fence {
			return refuse("send to run %d: it is at fence %d, not %d: %w", run, fence, p.Fence, journal.ErrFenced)
		}
	}
	return g.put(run, &p.Message)
}

// addressee finds the run that p is for.
func (g *group) addressee(p *journal.Post) (err error) {
	if p.ParentOp == 0 {
		return nil
	}
	var found bool
	if p.Run, found, err = g.one(findChild, p.Parent, p.ParentOp); err == nil && !found {
		err = refuse("send to child %d of run %d: %w", p.ParentOp, p.Parent, journal.ErrNoRun)
	}
	return err
}

// discard removes a message that nobody waits for.
func (g *group) discard(d *journal.Discard) error {
	if _, err := g.fenced(d.Run, d.Fence); err != nil {
		return err
	}
	err := g.exec(deliver, d.Message, d.Run)
	return err
}

// status is refused for a run that is not there.
func (w *writer) status(run int64) (s journal.Status, err error) {
	if _, ok := w.held[run]; ok {
		return journal.StatusOpen, nil
	}
	err = w.query(bg, `SELECT status FROM runs WHERE run = ?`, func(r row) error {
		s = journal.Status(r.text(0))
		return nil
	}, run)
	if err == nil && s == "" {
		err = refuse("run %d: %w", run, journal.ErrNoRun)
	}
	return s, err
}

// put stores a message, and says in m which id and checksum it got.
func (g *group) put(run int64, m *journal.Message) error {
	m.Sum = m.Checksum(run)
	id, err := g.insert(insertMessage, run, string(m.Kind), textArg(m.Event), intArg(m.Op), textArg(m.Name), jsonArg(m.Data),
		textArg(m.By), flagArg(m.Verified), textArg(m.Key), m.At.UnixNano(), int64(m.Sum))
	if err != nil {
		return err
	}
	m.ID, g.mark.message = id, id
	if m.Key != "" {
		err = g.exec(insertKey, run, m.Key, id)
	}
	return err
}
