package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) cancelCommand() *cli.Command {
	return s.endCommand(ending{
		name: "cancel", done: "canceled", told: "is asked to stop",
		usage: "ask runs to stop: they may clean up first",
		description: `The request is on disk when the command returns. Whoever runs the workflow carries it
out, or this command itself if nobody does. A stuck run can only be resumed or terminated.`,
		do: func(ctx context.Context, r *client, run journal.Run, by, reason string) error {
			if run.Status == journal.StatusStuck {
				return withHint(fmt.Errorf("%w: %s", journal.ErrStuck, problemText(run.Problem)),
					"a stuck run cannot be asked: %s, once the cause is mended, or %s to end it at once",
					s.command("resume", s.label(run)), s.command("terminate", s.label(run)))
			}
			return r.CancelRun(ctx, run.ULID, by, reason)
		},
		then: s.carryOut,
	})
}

func (s *invocation) terminateCommand() *cli.Command {
	return s.endCommand(ending{
		name: "terminate", done: "terminated", told: "is terminated",
		usage: "end runs at once, without asking them",
		do: func(ctx context.Context, r *client, run journal.Run, by, reason string) error {
			return r.TerminateRun(ctx, run.ULID, by, reason)
		},
		then: func(context.Context, *client, []journal.Run) error { return nil },
	})
}

// An ending is a command that does one thing to each of some runs.
type ending struct {
	name, done, told, usage, description string

	do   func(ctx context.Context, r *client, run journal.Run, by, reason string) error
	then func(ctx context.Context, r *client, done []journal.Run) error
}

// An endJSON is what cancel and terminate print for each run.
type endJSON struct {
	ID       string `json:"id"`
	ULID     string `json:"ulid"`
	Workflow string `json:"workflow"`
	Action   string `json:"action"`
}

// endCommand makes the command. All ids are looked up before anything is done;
// one that fails does not stop the others.
func (s *invocation) endCommand(e ending) *cli.Command {
	return &cli.Command{
		Name: e.name, Usage: e.usage, Description: e.description, ArgsUsage: "ID...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "`TEXT` why; the history keeps it"},
			&cli.StringFlag{Name: "by", Usage: "`NAME` who does it (default: the operating system's user)"},
		},
		Action: func(c *cli.Context) error {
			refs, err := words(c, 1, -1)
			if err != nil {
				return err
			}
			return s.with(func(r *client) error { return s.end(c, r, e, refs) })
		},
	}
}

func (s *invocation) end(c *cli.Context, r *client, e ending, refs []string) error {
	ctx, by := c.Context, c.String("by")
	if by == "" {
		by, _ = whoami()
	}
	runs, err := r.findAll(ctx, refs)
	if err != nil {
		return err
	}
	var failed []error
	var done []journal.Run
	var told []endJSON
	for _, run := range runs {
		if err := e.do(ctx, r, run, by, c.String("reason")); err != nil {
			failed = append(failed, s.refused(fmt.Sprintf("%s %s %s", e.name, run.Workflow, s.label(run)), run, err))
			continue
		}
		done = append(done, run)
		told = append(told, endJSON{run.ID, run.ULID, run.Workflow, e.done})
		s.screen.Line(fmt.Sprintf("%s %s %s", run.Workflow, s.label(run), e.told))
	}
	failed = append(failed, e.then(ctx, r, done))
	if !s.out.text() {
		failed = append(failed, list(s.out, told, nil, nil))
	}
	return errors.Join(failed...)
}

// carryOut drives the runs that nobody runs until they have seen the request and
// cleaned up. Those of other programs wait for them, which is said.
func (s *invocation) carryOut(ctx context.Context, r *client, asked []journal.Run) error {
	var mine []journal.Run
	for _, run := range asked {
		switch {
		case run.Live:
		case s.binding(run.Workflow) != nil:
			mine = append(mine, run)
		default:
			s.screen.Line(fmt.Sprintf("nobody runs %s %s, and this program does not have its workflow: it stops when a worker that has it runs",
				run.Workflow, s.label(run)))
		}
	}
	if len(mine) == 0 {
		return nil
	}
	r.Only = true
	return s.serve(ctx, r, func(ctx context.Context) error {
		for _, run := range mine {
			_, err := r.AdoptRun(ctx, run.Key)
			if errors.Is(err, journal.ErrFenced) {
				continue // a worker was faster
			}
			if err == nil {
				err = r.untilIdle(ctx, run.Key)
			}
			if err != nil {
				return fmt.Errorf("cancel %s %s: %w", run.Workflow, s.label(run), err)
			}
		}
		return nil
	})
}
