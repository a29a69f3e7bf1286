package chaos

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// A crossing is one moment of an undisturbed run at which its process can be
// killed: a boundary and a window.
type crossing struct {
	Boundary
	at    journal.Moment // without the run, whose name nobody knows beforehand, and without what depends on the order of answers
	since journal.Moment
	place int // in the trace
	run   int // which of the lab's runs it is in
}

// kill is the order to die there. before is where in the trace an earlier kill
// was: a moment that came before that does not come again.
func (c *crossing) kill(token string, trace []Entry, before int) Kill {
	visit := 1
	for i := before; i < c.place; i++ {
		if c.since.Point == "" && anonymous(trace[i].Moment) == c.at {
			visit++
		}
	}
	return Kill{Token: token, At: c.at, Since: c.since, Visit: visit}
}

// anonymous is a moment as it can be told before the run that it is about has
// begun: what the answers of concurrent operations are numbered depends on chance.
func anonymous(m journal.Moment) journal.Moment {
	m.Run, m.Seq, m.Where = "", 0, ""
	return m
}

// A chronicle is a run with its history.
type chronicle struct {
	journal.Run
	events []journal.Event
	state  *journal.State
	inbox  []journal.Message
}

// chronicles reads all runs of the lab, the oldest first.
func (l *Lab) chronicles(ctx context.Context) (all []chronicle, err error) {
	err = l.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(ctx, journal.Filter{})
		if err != nil {
			return err
		}
		slices.Reverse(runs)
		for _, run := range runs {
			c := chronicle{Run: run}
			if c.events, err = db.History(ctx, run.Key, 0, 0); err != nil {
				return err
			}
			if c.inbox, err = db.Inbox(ctx, run.Key, 0); err != nil {
				return err
			}
			c.state, _ = journal.Fold(c.events) // what breaks a rule is for Check to say
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// windows says at which points of the trace there is a window.
var windows = map[journal.Point]Window{
	journal.TurnBefore: BeforeAppend, journal.TurnAfter: BeforeEffects,
	journal.ActivityCalled: InsideCall, journal.HeartbeatQueued: AtHeartbeat, journal.ActivityBack: AfterCall,
	journal.StepBefore: InsideStep, journal.StepAfter: AfterStep,
}

// crossings finds them in the trace of an undisturbed run, in the order of the
// history.
func crossings(all []chronicle, trace []Entry) (found []crossing) {
	beating := map[journal.Moment]bool{}
	for place := range trace {
		m := trace[place].Moment
		window, ok := windows[m.Point]
		if !ok || m.Point == journal.HeartbeatQueued && beating[m] {
			continue
		}
		beating[m] = true
		c := crossing{at: anonymous(m), place: place}
		c.Boundary, c.run = boundaryOf(all, m)
		c.Window = window
		found = append(found, c)
		if window == AfterStep {
			for _, end := range []struct {
				point  journal.Point
				window Window
			}{{journal.CommitBefore, BeforeCommit}, {journal.CommitAfter, AfterCommit}} {
				c.since, c.at, c.Window = anonymous(m), journal.Moment{Point: end.point}, end.window
				found = append(found, c)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b crossing) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.Event, b.Event), cmp.Compare(a.place, b.place))
	})
	return found
}

// boundaryOf says which event of which run a moment is on the way to.
func boundaryOf(all []chronicle, m journal.Moment) (b Boundary, run int) {
	b = Boundary{Event: m.Seq, Kind: m.Kind, Name: m.Name, Op: m.Op, Attempt: m.Attempt}
	for run = range all {
		c := &all[run]
		op := c.state.Op(m.Op)
		if m.Run != c.ULID && (m.Run != "" || op == nil || op.Command.Kind != journal.RunTx || op.Command.Name != m.Name) {
			continue
		}
		if c.Parent != 0 {
			b.Workflow = c.Workflow
		}
		if op != nil {
			b.Where, b.Name = op.Command.Where, cmp.Or(m.Name, op.Command.Name)
			if m.Seq == 0 {
				b.Event, b.Kind = outcome(op, m.Attempt)
			}
		}
		break
	}
	return b, run
}

// outcome is the event that ended an attempt; the one that asked for it, if
// nothing has.
func outcome(op *journal.Operation, attempt int) (int64, journal.Kind) {
	switch {
	case attempt > 0 && attempt <= len(op.Failed):
		return op.Failed[attempt-1].Event, journal.AttemptFailed
	case op.Answer != 0:
		return op.Answer, op.Kind
	}
	return op.Event, ""
}
