package sqlite

import (
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
)

const (
	takeRun     = `UPDATE runs SET owner = ?, fence = fence + 1 WHERE run = ?`
	giveRun     = `UPDATE runs SET owner = NULL WHERE run = ? AND owner = ?`
	insertCrash = `INSERT INTO crashes (run, number, process, seq, phase, died, back)
SELECT ?1, 1 + coalesce((SELECT max(number) FROM crashes WHERE run = ?1), 0), ?2, ?3, ?4, ?5, ?6`
)

// claim takes every run that may be taken. One that was left by a process that
// died, and did not say goodbye, gets a crash.
func (g *group) claim(c *journal.Claim) error {
	c.Claimed = nil
	if g.db.self.Load() == 0 {
		return refuse("claim %d runs: this process has not joined: %w", len(c.Runs), journal.ErrFenced)
	}
	lives := g.db.lives()
	seen := make(map[int64]bool, len(c.Runs))
	for _, key := range c.Runs {
		if seen[key] {
			continue
		}
		seen[key] = true
		run, err := findRun(bg, g.conn, journal.Ref{Key: key}, lives)
		switch {
		case errors.Is(err, journal.ErrNoRun):
			continue
		case err != nil:
			return err
		case run.Status != journal.StatusOpen || run.Live && !run.Self:
			continue
		}
		if !run.Self {
			if run, err = g.takeOver(run, c, lives); err != nil {
				return err
			}
		}
		g.keep(key, holding{fence: run.Fence, last: run.LastSeq, phase: run.Phase})
		c.Claimed = append(c.Claimed, run)
	}
	return nil
}

// takeOver takes a run that nobody alive owns, and returns it as it is then.
func (g *group) takeOver(run journal.Run, c *journal.Claim, lives *lives) (journal.Run, error) {
	if err := g.exec(takeRun, lives.self, run.Key); err != nil {
		return run, err
	}
	if run.Owner != 0 {
		died := timeArg(lastAlive(lives.lastSign(run.Owner), run.LastAt, c.Now))
		if err := g.exec(insertCrash, run.Key, run.Owner, run.LastSeq, string(run.Phase), died, c.Now.UnixNano()); err != nil {
			return run, err
		}
	}
	return findRun(bg, g.conn, journal.Ref{Key: run.Key}, lives)
}

// lastAlive is the last sign of life of a run's owner: if any is known, an event
// it wrote later is one too. Clocks may have been set back; nobody dies after
// now.
func lastAlive(sign, event, now time.Time) time.Time {
	if sign.IsZero() {
		return sign
	}
	if event.After(sign) {
		sign = event
	}
	if sign.After(now) {
		sign = now
	}
	return sign
}

// releaseRuns gives back what this process owns of the runs.
func (g *group) releaseRuns(r *journal.Release) error {
	self := g.db.self.Load()
	for _, run := range r.Runs {
		delete(g.held, run)
		if err := g.exec(giveRun, run, self); err != nil {
			return err
		}
	}
	return nil
}
