package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) resultCommand() *cli.Command {
	return &cli.Command{
		Name: "result", Usage: "print the result of a run", ArgsUsage: "ID",
		Description: "The exit code is that of the run. One that has not ended: 5, or with --wait its end is awaited.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "wait", Usage: "wait until the run has ended"},
			&cli.StringFlag{Name: "timeout", Usage: "`DURATION` how long to wait at most; implies --wait"},
		},
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 1)
			if err != nil {
				return err
			}
			var patience time.Duration
			if c.IsSet("timeout") {
				if patience, err = durationFlag(c, "timeout"); err != nil {
					return err
				}
			}
			wait := c.Bool("wait") || c.IsSet("timeout")
			return s.with(func(r *client) error {
				run, err := r.find(c.Context, args[0])
				if err != nil {
					return err
				}
				return s.result(c.Context, r, run, wait, patience)
			})
		},
	}
}

func (s *invocation) result(ctx context.Context, r *client, run journal.Run, wait bool, patience time.Duration) error {
	state := journal.NewState()
	see := func(news sight) error {
		run = news.run
		for i := range news.events {
			if err := state.Apply(&news.events[i]); err != nil {
				return fmt.Errorf("run %s: %w: %w", run.ID, journal.ErrDamaged, err)
			}
		}
		if !wait && run.Status == journal.StatusOpen && news.damage == nil {
			return withHint(fmt.Errorf("%s %s %w", run.Workflow, s.label(run), errOpen), "--wait waits for its end")
		}
		return nil
	}
	err := within(ctx, patience, func(ctx context.Context) error { return r.tail(ctx, run, run.Chain(), see, nil) })
	if errors.Is(err, errWaited) {
		return withHint(fmt.Errorf("%s %s: %w", run.Workflow, s.label(run), err),
			"it goes on; %s shows what it waits for", s.command("show", s.label(run)))
	}
	if err != nil {
		return err
	}
	result, err := s.outcome(run, state)
	if err != nil {
		return err
	}
	return s.out.JSON(result)
}
