package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) queryCommand() *cli.Command {
	return &cli.Command{
		Name: "query", Usage: "ask a run a question", ArgsUsage: "ID [NAME]",
		Description: `A query reads what a workflow tells about itself; workflows lists their names.
The answer is that of the run's last step on disk. It comes from the process that
runs it, or by replay in this one; runs that have ended answer too. Without a name
the only query that the workflow declares is asked.`,
		Flags: []cli.Flag{&cli.StringFlag{Name: "timeout", Value: "10s", Usage: "`DURATION` how long to wait for the answer"}},
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 2)
			if err != nil {
				return err
			}
			patience, err := durationFlag(c, "timeout")
			if err != nil {
				return err
			}
			return s.with(func(r *client) error { return s.query(c.Context, r, args, patience) })
		},
	}
}

func (s *invocation) query(ctx context.Context, r *client, args []string, patience time.Duration) error {
	run, err := r.find(ctx, args[0])
	if err != nil {
		return err
	}
	name, err := s.queryName(run, args[1:])
	if err != nil {
		return err
	}
	var answer json.RawMessage
	err = within(ctx, patience, func(ctx context.Context) (err error) {
		answer, err = r.QueryRun(ctx, run.ULID, name)
		return err
	})
	if err != nil {
		err = fmt.Errorf("query %s %s: %w", run.Workflow, s.label(run), err)
		if near := suggest(name, declared(s.binding(run.Workflow), true)); near != "" && near != name {
			err = withHint(err, "did you mean %s?", near)
		}
		return err
	}
	return s.out.JSON(answer)
}

// queryName is the name given, or the only one there is.
func (s *invocation) queryName(run journal.Run, given []string) (string, error) {
	if len(given) > 0 {
		return given[0], nil
	}
	names := declared(s.binding(run.Workflow), true)
	if len(names) == 1 {
		return names[0], nil
	}
	u := usagef("query %s %s: which query?", run.Workflow, s.label(run))
	u.hint = didYouMean("", names)
	if len(names) == 0 {
		u.hint = "workflow " + run.Workflow + " declares none; the name of an undeclared one can be given"
	}
	return "", u
}

// within bounds the time that fn takes. Its end is errWaited.
func within(ctx context.Context, patience time.Duration, fn func(context.Context) error) error {
	if patience <= 0 {
		return fn(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errWaited)
	defer cancel()
	err := fn(ctx)
	if err != nil && context.Cause(ctx) == errWaited {
		return fmt.Errorf("%w after %s", errWaited, exact(patience))
	}
	return err
}
