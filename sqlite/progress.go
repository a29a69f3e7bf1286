package sqlite

import "github.com/seed139febb4/durable/journal"

// easeCrashes marks crashes as followed by progress, see journal.EasedCrashes.
const easeCrashes = `UPDATE crashes SET cleared = 2 WHERE run = ?1 AND cleared = 0
AND NOT EXISTS (SELECT 1 FROM progress WHERE run = ?1 AND op = ?2 AND data IS ?3)`

const putProgress = `INSERT INTO progress (run, op, data, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET data = excluded.data, at = excluded.at`

// progress records the latest heartbeat of an operation.
func (g *group) progress(p *journal.Progress) error {
	if _, err := g.fenced(p.Run, p.Fence); err != nil {
		return err
	}
	if err := g.exec(easeCrashes, p.Run, p.Op, jsonArg(p.Data)); err != nil {
		return err
	}
	return g.exec(putProgress, p.Run, p.Op, jsonArg(p.Data), p.At.UnixNano())
}
