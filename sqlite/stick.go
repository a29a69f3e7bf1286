package sqlite

import (
	"encoding/json"

	"github.com/seed139febb4/durable/journal"
)

const (
	stickRun     = `UPDATE runs SET status = 'stuck', problem = ?, owner = NULL WHERE run = ?`
	reopenRun    = `UPDATE runs SET status = 'open', problem = NULL, owner = NULL, fence = fence + 1 WHERE run = ?`
	clearCrashes = `UPDATE crashes SET cleared = 1 WHERE run = ? AND cleared <> 1`
)

// stick marks a run as stuck; it is owned by nobody then.
func (g *group) stick(s *journal.Stick) error {
	run, err := made(s.New, s.Run)
	if err != nil {
		return err
	}
	if _, err := g.fenced(run, s.Fence); err != nil {
		return err
	}
	problem, err := json.Marshal(s.Problem)
	if err != nil {
		return refuse("run %d: its problem: %w", run, err)
	}
	delete(g.held, run)
	err = g.exec(stickRun, jsonArg(problem), run)
	return err
}

// resume opens a stuck run again, and counts its crashes from none.
func (g *group) resume(r *journal.Resume) error {
	status, err := g.status(r.Run)
	if err != nil {
		return err
	}
	if status.Closed() {
		return refuse("resume run %d: %w", r.Run, journal.ErrClosed)
	}
	if status == journal.StatusStuck {
		if err := g.exec(reopenRun, r.Run); err != nil {
			return err
		}
	}
	err = g.exec(clearCrashes, r.Run)
	return err
}
