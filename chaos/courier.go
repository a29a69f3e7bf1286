package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// A courier sends the signals of a script to a run, as a process of its own would
// that runs nothing.
type courier struct {
	*ordeal
	db      *sqlite.DB
	client  *runner.Runner
	gone    []bool // by line
	watched bool
	seen    string // of the runs at the last look, if all of them waited
}

// attend returns when ctx ends, when the run has ended, or when all is sent and
// nobody wants the run to be watched. It looks again and again: the time of a line
// and a commit of another process have no event in common.
func (c *courier) attend(ctx context.Context) error {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		over, err := c.look(ctx)
		if ctx.Err() != nil || over {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *courier) look(ctx context.Context) (over bool, err error) {
	run, err := c.db.Run(ctx, journal.Ref{ID: runID})
	if errors.Is(err, journal.ErrNoRun) {
		return false, nil
	}
	if err != nil || run.Status != journal.StatusOpen {
		return err == nil, err
	}
	if err := c.send(ctx, &run); err != nil {
		return false, err
	}
	if !c.watched {
		return !slices.Contains(c.gone, false), nil
	}
	return false, c.watch(ctx)
}

// send sends what is due.
func (c *courier) send(ctx context.Context, run *journal.Run) error {
	for i := range c.target.Script {
		l := &c.target.Script[i]
		due := time.Since(c.began) >= l.After
		if l.Event > 0 {
			due = run.LastSeq >= l.Event
		}
		if c.gone[i] || !due {
			continue
		}
		_, err := c.client.SignalRun(ctx, run.ULID, runner.SignalRequest{Name: l.Signal, Payload: l.Payload, By: runID, Key: l.key()})
		switch {
		case errors.Is(err, journal.ErrClosed): // it has just ended
			return nil
		case errors.Is(err, journal.ErrFull), errors.Is(err, journal.ErrHeld):
			return nil // another look, another try
		case err != nil:
			return &Refusal{Why: fmt.Errorf("script, line %d: %w", l.Number, err)}
		}
		c.gone[i] = true
		c.ordeal.sent = append(c.ordeal.sent, posted{l, time.Now()})
	}
	return nil
}

// watch returns an error if every run of the lab has been waiting since the last
// look, for nothing that is to come soon.
func (c *courier) watch(ctx context.Context) error {
	runs, err := c.db.Runs(ctx, journal.Filter{Status: []journal.Status{journal.StatusOpen}})
	if err != nil {
		return err
	}
	now, sight := time.Now(), ""
	var next alarm
	for _, run := range runs {
		if run.Phase != journal.Waiting || run.Inbox > 0 {
			c.seen = ""
			return nil
		}
		d, err := c.db.Details(ctx, run.Key)
		if err != nil {
			return err
		}
		for _, t := range d.Timers {
			if next.due.IsZero() || t.Due.Before(next.due) {
				next = alarm{run.Key, t.Op, t.Due}
			}
		}
		sight += fmt.Sprintf("%d:%d ", run.Key, run.LastSeq)
	}
	left := c.limit - now.Sub(c.began)
	if len(runs) == 0 || c.comes() || !next.due.IsZero() && next.due.Sub(now) <= left || sight != c.seen {
		c.seen = sight
		return nil
	}
	return c.stalled(ctx, runs, next)
}

// An alarm is the next timer.
type alarm struct {
	run, op int64
	due     time.Time
}

// comes reports whether a line of the script is still to come by itself.
func (c *courier) comes() bool {
	for i := range c.target.Script {
		if l := &c.target.Script[i]; !c.gone[i] && l.Event == 0 {
			return true
		}
	}
	return false
}

// stalled says what the runs wait for. next is zero if it is no timer.
func (c *courier) stalled(ctx context.Context, runs []journal.Run, next alarm) error {
	var waits, todo []string
	for _, run := range runs {
		names, err := c.client.AwaitedSignals(ctx, run.Key)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			continue // it waits for its child, or for the timer
		}
		waits = append(waits, "workflow "+run.Workflow+" waits for signal "+strings.Join(names, " or ")+", which nobody sends")
		if run.Parent != 0 {
			todo = append(todo, "a script reaches the run itself, not its children: put workflow "+run.Workflow+" on trial, with a script of its own")
		} else {
			todo = append(todo, fmt.Sprintf("--script FILE sends it, with a line like: @%d %s", run.LastSeq, names[0]))
		}
	}
	last := runs[len(runs)-1].LastSeq // the oldest is the one that is on trial
	if !next.due.IsZero() {
		where, err := c.where(ctx, next)
		if err != nil {
			return err
		}
		wait := "workflow " + c.target.Workflow + " waits"
		if len(waits) > 0 {
			wait = "or"
		}
		waits = append(waits, fmt.Sprintf("%s for a timer%s that is due in %s", wait, where, lasting(time.Until(next.due))))
		todo = append(todo, fmt.Sprintf("give it an input with shorter times, or let a run take longer than %s with --duration", lasting(c.limit)))
	}
	if len(waits) == 0 {
		waits = append(waits, "workflow "+c.target.Workflow+" waits, and nothing is to come")
	}
	for i := range c.target.Script {
		if l := &c.target.Script[i]; !c.gone[i] {
			waits = append(waits, fmt.Sprintf("and line %d of the script waits for event %d, while the history has %d", l.Number, l.Event, last))
		}
	}
	return &Refusal{Why: waiting{strings.Join(waits, ", ")}, Todo: strings.Join(todo, "\n")}
}

// where is the line of code that set the timer.
func (c *courier) where(ctx context.Context, a alarm) (string, error) {
	events, err := c.db.History(ctx, a.run, 0, 0)
	if err != nil {
		return "", err
	}
	state, err := journal.Fold(events)
	if err != nil {
		return "", err
	}
	if op := state.Op(a.op); op != nil && op.Command.Where != "" {
		return " (" + op.Command.Where + ")", nil
	}
	return "", nil
}

// lasting is a duration for people.
func lasting(d time.Duration) string {
	if d > time.Second {
		d = d.Round(time.Second)
	}
	return runner.Duration(d).String()
}
