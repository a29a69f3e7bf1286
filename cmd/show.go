package cmd

import (
	"context"
	"encoding/json"
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
	damage  error // the first event that breaks a rule; nil if none does
	parent  string
}

func (r *client) record(ctx context.Context, run journal.Run) (*record, error) {
	rec := &record{run: run}
	var err error
	wrap := func(err error) (*record, error) { return nil, fmt.Errorf("read run %s: %w", run.ID, err) }
	if rec.events, err = r.db.History(ctx, run.Key, 0, 0); err != nil {
		return wrap(err)
	}
	if rec.inbox, err = r.db.Inbox(ctx, run.Key, 0); err != nil {
		return wrap(err)
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
	rec.state, rec.damage = journal.Fold(rec.events)
	if len(rec.events) == 0 {
		rec.state.Input = startInput(rec.inbox)
	}
	return rec, nil
}

func (s *invocation) show(ctx context.Context, r *client, run journal.Run, events bool) error {
	rec, err := r.record(ctx, run)
	if err != nil {
		return err
	}
	if events {
		return s.showEvents(rec.events)
	}
	switch s.out.format {
	case formatJSON, formatJSONL:
		err = s.out.JSON(rec.export())
	default:
		err = s.showText(rec)
	}
	if err == nil && rec.damage != nil {
		err = fmt.Errorf("run %s: %w: %w", run.ID, journal.ErrDamaged, rec.damage)
	}
	return err
}

// followShow shows events as they come.
func (s *invocation) followShow(ctx context.Context, r *client, run journal.Run, events bool) error {
	if events || !s.out.text() {
		if s.out.format == formatJSON {
			s.out.format = formatJSONL
		}
		return r.tail(ctx, run, 0, func(news sight) error { return s.showEvents(news.events) }, nil)
	}
	v := newView(s, s.binding(run.Workflow))
	v.out = s.Stdout
	v.beats = func() (map[int64]json.RawMessage, error) { return r.beats(ctx, run.Key) }
	s.screen.Line(fmt.Sprintf("%s  %s", run.Workflow, s.label(run)))
	last := run
	err := r.tail(ctx, run, 0, func(news sight) error {
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
