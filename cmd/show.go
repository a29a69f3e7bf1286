package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) showCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "show what a run did, step by step", ArgsUsage: "ID",
		Description: `A step is canceled if the run gave it up, and dropped if the run ended first. When a
process died is known to a second: hence "about".
In a pipe: lines "name TAB value", an empty line, then one line a step: event,
time, what, name, note, file:line. As JSON: all that the journal holds of the run.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on until the run has ended"},
			&cli.BoolFlag{Name: "events", Usage: "the events as they are stored, one a line"},
		},
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 1)
			if err != nil {
				return err
			}
			return s.with(func(r *client) error {
				run, err := r.find(c.Context, args[0])
				if err != nil {
					return err
				}
				if c.Bool("follow") {
					return s.followShow(c.Context, r, run, c.Bool("events"))
				}
				return s.show(c.Context, r, run, c.Bool("events"))
			})
		},
	}
}

// A record is everything the journal holds about a run.
type record struct {
	run     journal.Run
	status  string
	events  []journal.Event
	inbox   []journal.Message
	details journal.Details
	state   *journal.State
	damage  error // what is not as it was committed; what follows is left out. nil: all is well
	parent  string
}

func (s *invocation) record(ctx context.Context, r *client, run journal.Run) (*record, error) {
	rec := &record{run: run}
	var err error
	wrap := func(err error) (*record, error) { return nil, fmt.Errorf("read run %s: %w", run.ID, err) }
	if rec.events, rec.damage = r.past(ctx, run); rec.damage != nil && !errors.Is(rec.damage, journal.ErrDamaged) {
		return nil, rec.damage
	}
	if rec.inbox, err = r.inbox(ctx, run); errors.Is(err, journal.ErrDamaged) {
		rec.damage = cmp.Or(rec.damage, err)
	} else if err != nil {
		return nil, err
	}
	if rec.details, err = r.db.Details(ctx, run.Key); err != nil {
		return wrap(err)
	}
	if run.Parent != 0 {
		parent, err := r.db.Run(ctx, journal.Ref{Key: run.Parent})
		if err != nil {
			return wrap(err)
		}
		rec.parent = parent.ULID
	}
	rec.status = shown(run, deadline(rec.details), time.Now())
	rec.state, err = journal.Fold(rec.events)
	if err != nil && rec.damage == nil {
		rec.damage = fmt.Errorf("run %s: %w: %w", run.ID, journal.ErrDamaged, err)
	}
	if len(rec.events) == 0 {
		rec.state.Input, _ = startInput(rec.inbox)
	}
	if rec.damage == nil && run.Status.Closed() {
		var ended *endError
		if _, err := s.outcome(run, rec.state); !errors.As(err, &ended) {
			rec.damage = err
		}
	}
	return rec, nil
}

func (s *invocation) show(ctx context.Context, r *client, run journal.Run, events bool) error {
	rec, err := s.record(ctx, r, run)
	if err != nil {
		return err
	}
	switch {
	case events:
		err = s.showEvents(rec.events)
	case s.out.text():
		err = s.showText(rec)
	default:
		err = s.out.JSON(rec.export())
	}
	return cmp.Or(err, rec.damage)
}

// followShow shows events as they come.
func (s *invocation) followShow(ctx context.Context, r *client, run journal.Run, events bool) error {
	if events || !s.out.text() {
		if s.out.format == formatJSON {
			s.out.format = formatJSONL
		}
		return r.tail(ctx, run, run.Chain(), func(news sight) error { return s.showEvents(news.events) }, nil)
	}
	v := newView(s, s.binding(run.Workflow))
	v.out = s.Stdout
	v.beats = func() (map[int64]json.RawMessage, error) { return r.beats(ctx, run.Key) }
	s.screen.Line(fmt.Sprintf("%s  %s", run.Workflow, s.label(run)))
	last := run
	err := r.tail(ctx, run, run.Chain(), func(news sight) error {
		if news.run.Crashes != len(v.crashes) {
			d, err := r.db.Details(ctx, run.Key)
			if err != nil {
				return fmt.Errorf("details of run %s: %w", run.ID, err)
			}
			v.crashes = d.Crashes
		}
		last = news.run
		return v.see(news)
	}, v.tick)
	if err == nil {
		s.screen.Line(string(last.Status))
	}
	return err
}
