package sqlite

import "github.com/seed139febb4/durable/journal"

const putProgress = `INSERT INTO progress (run, op, data, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET data = excluded.data, at = excluded.at`

// progress records the latest heartbeat of an operation.
func (g *group) progress(p *journal.Progress) error {
	if _, err := g.fenced(p.Run, p.Fence); err != nil {
		return err
	}
	err := g.exec(putProgress, p.Run, p.Op, jsonArg(p.Data), p.At.UnixNano())
	return err
}
