package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

func (s *invocation) signalCommand() *cli.Command {
	return &cli.Command{
		Name: "signal", Usage: "send a signal to a run", ArgsUsage: "ID NAME [PAYLOAD]",
		Description: `A signal is a message that a workflow waits for; workflows lists their names.
The payload is JSON, or text for a signal that takes text. It is on disk when the
command returns, and reaches the run exactly once, also if nobody runs it now.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "input", Usage: "`JSON` the payload, or @FILE, or - for standard input"},
			&cli.StringFlag{Name: "by", Usage: "`NAME` who sends it (default: the operating system's user)"},
			&cli.StringFlag{Name: "key", Usage: "`KEY` of several signals with it only the first counts"},
			&cli.BoolFlag{Name: "force", Usage: "send a name that the workflow does not declare"},
		},
		Action: func(c *cli.Context) error {
			args, err := words(c, 2, 3)
			if err != nil {
				return err
			}
			return s.with(func(r *client) error { return s.signal(c, r, args) })
		},
	}
}

// A signalJSON is what signal prints as JSON.
type signalJSON struct {
	ID        string `json:"id"`
	ULID      string `json:"ulid"`
	Signal    string `json:"signal"`
	By        string `json:"by"`
	Duplicate bool   `json:"duplicate"`
}

func (s *invocation) signal(c *cli.Context, r *client, args []string) error {
	ctx := c.Context
	run, err := r.find(ctx, args[0])
	if err != nil {
		return err
	}
	name := args[1]
	port, err := s.port(run.Workflow, name, c.Bool("force"))
	if err != nil {
		return err
	}
	payload, err := s.payload(c, port, args[2:])
	if err != nil {
		return err
	}
	by := c.String("by")
	if by == "" {
		by = s.whoami()
	}
	duplicate, err := r.SignalRun(ctx, run.ULID, runner.SignalRequest{Name: name, Payload: payload, By: by, Key: c.String("key")})
	if err != nil {
		return fmt.Errorf("signal %s to %s %s: %w", quote(name), run.Workflow, s.label(run), err)
	}
	if !s.out.text() {
		return s.out.JSON(signalJSON{run.ID, run.ULID, name, by, duplicate})
	}
	what := fmt.Sprintf("%s sent to %s %s", clean(name), run.Workflow, s.label(run))
	if duplicate {
		what = fmt.Sprintf("%s was sent to %s %s before, with the same key", clean(name), run.Workflow, s.label(run))
	}
	if run.Live {
		s.screen.Line(what)
		return nil
	}
	return s.sayIfUnserved(ctx, r, what)
}
