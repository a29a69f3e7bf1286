package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) resumeCommand() *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "run whatever was interrupted, until nothing is left to do", ArgsUsage: "[ID...]",
		Description: `Without an id: every run that has something to do and that nobody runs. With ids:
these, also stuck ones, whose code has been mended; the exit code is then that of run,
0 for one that waits. A run that only waits, for a signal or for its time, is left
alone; worker goes on with those too. Printed are the runs that were resumed, as list
does.`,
		Flags: []cli.Flag{graceFlag()},
		Action: func(c *cli.Context) error {
			refs, err := words(c, 0, -1)
			if err != nil {
				return err
			}
			grace, err := durationFlag(c, "grace")
			if err != nil {
				return err
			}
			return s.with(func(r *client) error {
				r.Grace = grace
				runs, err := r.findAll(c.Context, refs)
				if err != nil {
					return err
				}
				if len(runs) > 0 {
					if err = s.resumeThese(c.Context, r, runs); err == nil {
						err = s.howTheyAre(r, runs)
					}
				} else if runs, err = r.idle(c.Context, s.workflowNames()); err == nil {
					s.drives.Store(true)
					err = suspended(r.Drain(c.Context), c.Context)
				}
				return errors.Join(err, s.resumed(r, runs))
			})
		},
	}
}

// idle lists the runs that have something to do and that nobody runs.
func (r *client) idle(ctx context.Context, workflows []string) ([]journal.Run, error) {
	keys, _, err := r.db.Work(ctx, workflows, time.Now(), 0)
	if err != nil {
		return nil, fmt.Errorf("look for interrupted runs: %w", err)
	}
	runs := make([]journal.Run, len(keys))
	for i, key := range keys {
		if runs[i], err = r.db.Run(ctx, journal.Ref{Key: key}); err != nil {
			return nil, fmt.Errorf("look for interrupted runs: %w", err)
		}
	}
	return runs, nil
}

// resumeThese claims the runs and drives them until each has ended, is stuck
// again, or only waits.
func (s *invocation) resumeThese(ctx context.Context, r *client, runs []journal.Run) error {
	r.Only = true
	return s.serve(ctx, r, func(ctx context.Context) error {
		for _, run := range runs {
			err := r.ResumeRun(ctx, run.ULID)
			if err == nil {
				_, err = r.AdoptRun(ctx, run.Key)
			}
			if err != nil {
				return s.refused(fmt.Sprintf("resume %s %s", run.Workflow, s.label(run)), run, err)
			}
		}
		for _, run := range runs {
			if err := r.untilIdle(ctx, run.Key); err != nil {
				return fmt.Errorf("resume %s %s: %w", run.Workflow, s.label(run), err)
			}
		}
		return nil
	})
}

// howTheyAre says of each run that has ended otherwise than well, or is stuck
// again, why.
func (s *invocation) howTheyAre(r *client, runs []journal.Run) error {
	ctx := context.Background() // they are at rest
	var bad []error
	for _, run := range runs {
		run, err := r.db.Run(ctx, journal.Ref{Key: run.Key})
		if err == nil && run.Status != journal.StatusOpen {
			err = s.ended(ctx, r, run)
		}
		bad = append(bad, err)
	}
	return errors.Join(bad...)
}

// errIdle ends a tail.
var errIdle = errors.New("idle")

// untilIdle returns when the run has nothing to do now.
func (r *client) untilIdle(ctx context.Context, key int64) error {
	run, err := r.db.Run(ctx, journal.Ref{Key: key})
	if err != nil {
		return err
	}
	look := func(run journal.Run) error {
		if run.Status != journal.StatusOpen {
			return errIdle
		}
		d, err := r.db.Details(ctx, key)
		if err != nil {
			return err
		}
		next := deadline(d)
		if run.Phase == journal.Waiting && run.Inbox == 0 && (next.IsZero() || next.After(time.Now())) {
			return errIdle
		}
		return nil
	}
	chain := run.Chain()
	chain.Skip(run.LastSeq, run.LastSum)
	err = r.tail(ctx, run, chain, func(news sight) error { return look(news.run) }, func(time.Time) error {
		run, err := r.db.Run(ctx, journal.Ref{Key: key})
		if err != nil {
			return err
		}
		return look(run)
	})
	if errors.Is(err, errIdle) {
		return nil
	}
	return err
}

// suspended turns the end of ctx, which a runner does not report, into an error.
func suspended(err error, ctx context.Context) error {
	if err == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// resumed prints what has become of the runs.
func (s *invocation) resumed(r *client, runs []journal.Run) error {
	ctx := context.Background() // also after Ctrl-C
	now := time.Now()
	var after []runJSON
	for _, run := range runs {
		run, err := r.db.Run(ctx, journal.Ref{Key: run.Key})
		if err != nil {
			return fmt.Errorf("read run %s: %w", run.ID, err)
		}
		status, err := r.status(ctx, run, now)
		if err != nil {
			return err
		}
		after = append(after, describe(run, status))
	}
	if len(after) == 0 && s.out.text() {
		s.screen.Line("nothing to resume")
	}
	return list(s.out, after, listHeader, s.listRow(now))
}
