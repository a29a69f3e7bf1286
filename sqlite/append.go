package sqlite

import (
	"cmp"
	"errors"

	"github.com/seed139febb4/durable/journal"
)

const (
	insertEvent = `INSERT INTO events (run, seq, at, kind, op, name, data, note, commands, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertTimer = `INSERT INTO timers (due, run, op, attempt) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET attempt = excluded.attempt`
	deleteTimer = `DELETE FROM timers WHERE due = ? AND run = ? AND op = ?`
	deliver     = `DELETE FROM inbox WHERE id = ? AND run = ?`
	unread      = `SELECT id FROM inbox WHERE run = ? AND id <= ? LIMIT 1`
	setPhase    = `UPDATE runs SET phase = ? WHERE run = ?`
	leftovers   = `SELECT EXISTS (SELECT 1 FROM inbox WHERE run = ?1 AND kind <> 'signal') + 2 * EXISTS (SELECT 1 FROM timers WHERE run = ?1)
  + 4 * EXISTS (SELECT 1 FROM progress WHERE run = ?1)`
	endRun = `UPDATE runs SET status = ?, ended = ?, owner = NULL, problem = NULL WHERE run = ?`
)

// removeLeft removes what leftovers finds, bit by bit: most runs end with nothing
// of it.
var removeLeft = [...]string{
	`DELETE FROM inbox WHERE run = ? AND kind <> 'signal'`,
	`DELETE FROM timers WHERE run = ?`,
	`DELETE FROM progress WHERE run = ?`,
}

// append adds an event: one insert, unless the run changes what it is doing.
func (g *group) append(a *journal.Append) error {
	run, err := made(a.New, a.Run)
	if err == nil {
		err = g.appendTo(run, a)
	}
	if err != nil {
		var no refusal
		if errors.As(err, &no) {
			for _, then := range a.Then {
				journal.Refuse(then, no.error)
			}
		}
		return err
	}
	for i := 0; err == nil && i < len(a.Then); i++ {
		err = g.apply(a.Then[i])
	}
	return err
}

// made is the key of a run, or of the one that a write before made.
func made(by *journal.Create, run int64) (int64, error) {
	switch {
	case by == nil:
		return run, nil
	case by.Key == 0:
		return 0, refuse("run %s was not created: %w", by.ULID, cmp.Or(by.Err, journal.ErrExists))
	}
	return by.Key, nil
}

func (g *group) appendTo(run int64, a *journal.Append) error {
	h, err := g.admits(run, a)
	if err != nil {
		return err
	}
	if a.New != nil {
		a.Run = run
	}
	a.Place(run)
	if a.Delivered != 0 && !g.db.stays(&a.Event) {
		if err := g.exec(deliver, a.Delivered, run); err != nil {
			return err
		}
	}
	if err := g.addEvent(run, &a.Event); err != nil {
		return err
	}
	h.last = a.Event.Seq
	if a.Phase != "" && a.Phase != h.phase {
		if err := g.exec(setPhase, string(a.Phase), run); err != nil {
			return err
		}
		h.phase = a.Phase
	}
	g.keep(run, h)
	if err := g.setTimers(run, a); err != nil {
		return err
	}
	for _, op := range a.Clear {
		if err := g.exec(`DELETE FROM progress WHERE run = ? AND op = ?`, run, op); err != nil {
			return err
		}
	}
	if a.End != "" {
		return g.end(run, a.End, &a.Event)
	}
	return nil
}

// admits checks everything that can refuse an append, before any of it is
// written.
func (g *group) admits(run int64, a *journal.Append) (holding, error) {
	h, err := g.fenced(run, a.Fence)
	if err != nil {
		return h, err
	}
	if a.Event.Seq != h.last+1 && g.db.sabotage != NoFence {
		return h, refuse("append event %d to run %d: its last one is %d: %w", a.Event.Seq, run, h.last, journal.ErrFenced)
	}
	if a.Delivered != 0 {
		if _, found, err := g.one(`SELECT id FROM inbox WHERE id = ? AND run = ?`, a.Delivered, run); err != nil {
			return h, err
		} else if !found {
			return h, refuse("append event %d to run %d: message %d is not in its inbox: %w", a.Event.Seq, run, a.Delivered, journal.ErrFenced)
		}
	}
	if (a.End != "" || a.Straight) && g.db.sabotage != DoubleSignal {
		if id, found, err := g.one(unread, run, a.Last()); err != nil {
			return h, err
		} else if found {
			return h, refuse("append event %d to run %d: message %d waits: %w", a.Event.Seq, run, id, journal.ErrUnread)
		}
	}
	return h, nil
}

func (g *group) addEvent(run int64, e *journal.Event) error {
	err := g.exec(insertEvent, run, e.Seq, e.At.UnixNano(), string(e.Kind), intArg(e.Op), textArg(e.Name),
		jsonArg(e.Data), jsonArg(e.Note), jsonArg(e.Commands), int64(e.Sum))
	g.mark.run, g.mark.seq, g.mark.sum = run, e.Seq, e.Sum
	return err
}

func (g *group) setTimers(run int64, a *journal.Append) error {
	for _, t := range a.Unset {
		if err := g.exec(deleteTimer, t.Due.UnixNano(), run, t.Op); err != nil {
			return err
		}
	}
	for _, t := range a.Set {
		if t.Attempt == 0 && g.db.sabotage == LostTimer {
			continue
		}
		if err := g.exec(insertTimer, t.Due.UnixNano(), run, t.Op, int64(t.Attempt)); err != nil {
			return err
		}
	}
	return nil
}

// end closes a run at event e and removes what only an unfinished one has.
func (g *group) end(run int64, as journal.Status, e *journal.Event) error {
	delete(g.held, run)
	if err := g.exec(endRun, string(as), e.At.UnixNano(), run); err != nil {
		return err
	}
	left, _, err := g.one(leftovers, run)
	for i, remove := range removeLeft {
		if err == nil && left&(1<<i) != 0 {
			err = g.exec(remove, run)
		}
	}
	return err
}
