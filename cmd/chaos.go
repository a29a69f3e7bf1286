package cmd

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/sqlite"
)

// chaosCommand runs the scenarios, or has, as run does, a command of its own for
// each workflow.
func (s *invocation) chaosCommand(args []string) *cli.Command {
	c := &cli.Command{
		Name: "chaos", Usage: "kill this program again and again: nothing is lost", ArgsUsage: "[WORKFLOW]",
		Description: chaosDescription,
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "scenario", Usage: "`NAME` only this scenario (may be repeated): " + strings.Join(scenarioNames(), ", ")},
			&cli.IntFlag{Name: "kills", Usage: "`N` how often each scenario that kills again and again does so"},
			&cli.StringFlag{Name: "duration", Usage: "`DURATION` how long the long sleep is that is interrupted; shorter waits are in proportion"},
			&cli.StringFlag{Name: "sabotage", Usage: "`NAME` let the journal break a promise, to see that it is noticed: this must fail. " + strings.Join(sabotageNames(), ", ")},
		}, chaosFlags()...),
		Action: s.chaosScenarios,
	}
	for _, b := range s.workflows() {
		sub := &cli.Command{Name: b.Name, Usage: "kill workflow " + b.Name + " wherever it can be killed"}
		if slices.Contains(args, b.Name) {
			s.chaosWorkflow(sub, b)
		}
		c.Subcommands = append(c.Subcommands, sub)
	}
	return c
}

const chaosDescription = `Without a workflow: the scenarios, over workflows of its own, within two minutes. They
end with a table of what was done, what was lost, and what ran twice.

With a workflow: one process of this program after the other runs it, and is killed
(kill -9) before and after each commit and inside each activity, each in a trial of its
own, and is started again. The table says whether the run came to its end, which steps
ran again, and whether the result is that of an undisturbed run.

Chaos works in a temporary folder on journals of its own; --db is not touched. The folder
is left if a trial failed. What chaos kills are real processes: the activities of the
workflow are really called, once or more in each trial. Exit code 1: something was lost,
run twice, or came out different.`

// chaosFlags are those of both forms.
func chaosFlags() []cli.Flag {
	return []cli.Flag{
		&cli.Uint64Flag{Name: "seed", Usage: "`N` repeats the choices of an earlier time (default: another one each time)"},
		&cli.StringSliceFlag{Name: "report", Usage: "`FILE` write a report, too: .json, .xml (JUnit) or .html (may be repeated)"},
		&cli.StringFlag{Name: "dir", Usage: "`FOLDER` for scratch files, instead of the system's temporary one"},
		&cli.BoolFlag{Name: "keep", Usage: "leave the scratch files, also if all went well"},
	}
}

func scenarioNames() (names []string) {
	for _, sc := range chaos.Scenarios() {
		names = append(names, sc.Name)
	}
	return names
}

func sabotageNames() (names []string) {
	for _, x := range sqlite.Sabotages() {
		names = append(names, string(x))
	}
	return names
}

// workflows are those of the program, each name once: two of one name are refused
// with the bindings.
func (s *invocation) workflows() (list []*runner.Binding) {
	for i := range s.Bindings {
		b := &s.Bindings[i]
		if b.Workflow != nil && !slices.ContainsFunc(list, func(o *runner.Binding) bool { return o.Name == b.Name }) {
			list = append(list, b)
		}
	}
	return list
}

// chaosWorkflow completes the command of one workflow.
func (s *invocation) chaosWorkflow(c *cli.Command, b *runner.Binding) {
	own := append([]cli.Flag{
		&cli.StringFlag{Name: "input", Usage: "`JSON` the whole input, or @FILE, or - for standard input; flags win over it"},
		&cli.StringFlag{Name: "script", Usage: "`FILE` the signals that each run is sent, or - for standard input; without, one that waits for a signal is refused"},
		&cli.IntFlag{Name: "pairs", Value: 10, Usage: "`N` how many pairs of kills are tried, too, chosen by the seed"},
		&cli.StringFlag{Name: "duration", Value: "1m", Usage: "`DURATION` how long the workflow may take when nobody disturbs it"},
	}, chaosFlags()...)
	f := newForm(b.Name, b.In, append(globals(), own...))
	c.Flags = append(f.flags(), own...)
	if word, ok := f.takesWord(); ok {
		c.ArgsUsage = "[" + word + "]"
	}
	c.Description = `A script is a text file with a signal on each line: when it is sent (a time since the
start, or @ and the number of the event that it follows), its name, and its payload as
signal takes it. It arrives although the process may be dead then.

    # decided two seconds after the start, and again once event 3 is in the history
    2s approve looks good
    @3 approve {"note": "looks good"}

The processes work in a folder of their own, so files are named by absolute paths.

input: ` + shape(b.In)
	if len(f.elsewise) > 0 {
		c.Description += "\n\nonly through --input:\n  " + strings.Join(f.elsewise, "\n  ")
	}
	c.Action = func(c *cli.Context) error {
		t := chaos.Target{Bindings: s.Bindings, Workflow: b.Name, Pairs: c.Int("pairs")}
		given, err := s.argument(c.String("input"))
		if err == nil {
			t.Input, err = f.encode(given, c.Args().Slice())
		}
		if err == nil {
			t.Script, err = s.script(c.String("script"), b)
		}
		if err != nil {
			return err
		}
		if t.Pairs < 0 {
			return usagef("--pairs: %d is negative", t.Pairs)
		}
		return s.chaos(c, func(o chaos.Options) (*chaos.Report, error) { return chaos.Workflow(c.Context, o, t) })
	}
}

func (s *invocation) chaosScenarios(c *cli.Context) error {
	if _, err := words(c, 0, 0); err != nil {
		return err
	}
	for _, name := range c.StringSlice("scenario") {
		if err := oneOf("scenario", name); err != nil {
			return err
		}
	}
	if n := c.Int("kills"); n < 0 {
		return usagef("--kills: %d is negative", n)
	}
	sabotage := c.String("sabotage")
	if sabotage != "" {
		if err := oneOf("sabotage", sabotage); err != nil {
			return err
		}
	}
	return s.chaos(c, func(o chaos.Options) (*chaos.Report, error) {
		o.Only, o.Kills, o.Sabotage = c.StringSlice("scenario"), c.Int("kills"), sqlite.Sabotage(sabotage)
		return chaos.Run(c.Context, o)
	})
}

// script reads the script, and puts its payloads into the shapes that the
// workflow's signals have.
func (s *invocation) script(file string, b *runner.Binding) ([]chaos.Line, error) {
	if file == "" {
		return nil, nil
	}
	read := func() ([]byte, error) { return os.ReadFile(file) }
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(s.Stdin) }
	}
	text, err := read()
	if err != nil {
		return nil, usagef("read --script: %w", err)
	}
	lines, err := chaos.ParseScript(string(text))
	if err != nil {
		return nil, err
	}
	for i := range lines {
		if err := s.fitScript(&lines[i], b); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func (s *invocation) fitScript(l *chaos.Line, b *runner.Binding) (err error) {
	names := declared(&b.Binding, false)
	i := slices.IndexFunc(b.Accepts, func(p host.Port) bool { return p.Name == l.Signal && !p.Query })
	switch {
	case i < 0 && len(names) == 0:
		return nil // it declares none, and may wait for any
	case i < 0:
		u := usagef("script, line %d: workflow %s declares no signal %s", l.Number, b.Name, quote(l.Signal))
		u.hint = didYouMean(l.Signal, names)
		return u
	}
	p := &b.Accepts[i]
	f := &form{workflow: p.Name, typ: p.Type}
	if l.Text == "" {
		l.Payload, err = f.canonical(nil)
	} else {
		l.Payload, err = f.payload(l.Text, true)
	}
	if err != nil {
		return misfit(p.Type, err, fmt.Sprintf("script, line %d: payload of signal %s", l.Number, p.Name))
	}
	return nil
}
