package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
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
	if err := s.askable(run); err != nil {
		return fmt.Errorf("query %s %s: %w", run.Workflow, s.label(run), err)
	}
	var answer json.RawMessage
	err = within(ctx, patience, func(ctx context.Context) (err error) {
		answer, err = r.QueryRun(ctx, run.ULID, name)
		return err
	})
	if err != nil {
		return s.unanswered(run, name, err)
	}
	return s.out.JSON(answer)
}

// askable refuses to ask a run without a first turn on disk: only what is
// committed answers, and there is nothing yet that could know of any query.
func (s *invocation) askable(run journal.Run) error {
	switch {
	case run.Status == journal.StatusStuck && run.LastSeq == 0:
		return &endError{s: s, run: run}
	case run.Status == journal.StatusTerminated && run.LastSeq == 1:
		return withHint(fmt.Errorf("%w: it was terminated before it began", journal.ErrClosed),
			"%s shows how it ended", s.command("show", s.label(run)))
	case run.LastSeq == 0:
		return withHint(errQueued, "%s runs it", s.command("resume", s.label(run)))
	}
	return nil
}

// unanswered is why there is no answer.
func (s *invocation) unanswered(run journal.Run, name string, err error) error {
	var damage *journal.DamageError
	var problem interface{ Problem() journal.Problem }
	var stuck *runner.StuckError
	what := fmt.Sprintf("query %s %s", run.Workflow, s.label(run))
	near := suggest(name, declared(s.binding(run.Workflow), true))
	switch {
	case errors.As(err, &damage):
		return fmt.Errorf("%s: %w", what, damage)
	case errors.As(err, &stuck):
		return withHint(fmt.Errorf("%s: %s%w", what, bothSides(stuck.Problem), silent{err}), "%s", mendCode)
	case errors.As(err, &problem):
		return withHint(fmt.Errorf("%s: %s%w", what, bothSides(problem.Problem()), silent{err}), "%s", mendCode)
	case errors.Is(err, runner.ErrUnknownWorkflow):
		return s.unknown(what, run)
	case errors.Is(err, errWaited):
		return withHint(fmt.Errorf("%s: %w", what, err), "the process that runs it did not answer; %s names it, --timeout waits longer", s.command("doctor"))
	case errors.Is(err, runner.ErrUnknownQuery) && near == "":
		return withHint(fmt.Errorf("%s: %w", what, err), "ask for one that it answers")
	case errors.Is(err, runner.ErrUnknownQuery) && near != "" && near != name:
		return withHint(fmt.Errorf("%s: %w", what, err), "did you mean %s?", near)
	}
	return fmt.Errorf("%s: %w", what, err)
}

const mendCode = "only code that matches its journal can answer for it: mend the code and ask again"

// A silent error is there to be matched, and was told in other words.
type silent struct{ error }

func (s silent) Error() string { return "" }
func (s silent) Unwrap() error { return s.error }

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
