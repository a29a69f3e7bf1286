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
The payload is JSON of the signal's type; or text, where that is text or has a field
for it. There a word that is JSON of another kind is an error, and quotes make it
text: '"42"'. It is on disk when the command returns, and reaches the run exactly
once, also if nobody runs it now. A name that the workflow does not declare is sent as
well, with JSON of any kind, unless it looks like a misspelt one.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "input", Usage: "`JSON` the payload, or @FILE, or - for standard input"},
			&cli.StringFlag{Name: "by", Usage: "`NAME` who sends it, as a claim (default: the operating system's user, verified)"},
			&cli.StringFlag{Name: "key", Usage: "`KEY` of several signals with it only the first counts"},
			&cli.BoolFlag{Name: "force", Usage: "send the name as it is, although it looks like a misspelt one"},
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
	Verified  bool   `json:"verified"`
	Duplicate bool   `json:"duplicate"`
}

func (s *invocation) signal(c *cli.Context, r *client, args []string) error {
	ctx := c.Context
	run, err := r.find(ctx, args[0])
	if err != nil {
		return err
	}
	name := args[1]
	port, note, err := s.port(run.Workflow, name, c.Bool("force"))
	if err != nil {
		return err
	}
	payload, err := s.payload(c, port, args[2:])
	if err != nil {
		return err
	}
	if err := s.fits(payload, "the payload of signal "+quote(name)); err != nil {
		return err
	}
	by, verified := c.String("by"), false
	if by == "" {
		by, verified = whoami()
	}
	duplicate, err := r.SignalRun(ctx, run.ULID, runner.SignalRequest{Name: name, Payload: payload, By: by, Verified: verified, Key: c.String("key")})
	if err != nil {
		return s.refused(fmt.Sprintf("signal %s to %s %s", quote(name), run.Workflow, s.label(run)), run, err)
	}
	if note != "" {
		s.screen.Line(note)
	}
	if !s.out.text() {
		return s.out.JSON(signalJSON{run.ID, run.ULID, name, by, verified, duplicate})
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
