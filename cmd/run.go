package cmd

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

// runCommand has a command of its own for each workflow, whose flags are made
// from its input. Those of a workflow that args does not name are not made.
func (s *invocation) runCommand(args []string) *cli.Command {
	run := &cli.Command{
		Name: "run", Usage: "start a workflow and follow it to the end, or resume it", ArgsUsage: "WORKFLOW",
		Description: s.runDescription(),
		Action: func(c *cli.Context) error {
			u := usagef("run needs the name of a workflow")
			u.hint = didYouMean("", s.workflowNames())
			return u
		},
	}
	seen := map[string]bool{}
	for i := range s.Bindings {
		b := &s.Bindings[i]
		if b.Workflow == nil || seen[b.Name] {
			continue // two of one name are refused with the bindings
		}
		seen[b.Name] = true
		sub := &cli.Command{Name: b.Name, Usage: "start or resume workflow " + b.Name + ", and follow it"}
		if slices.Contains(args, b.Name) {
			s.runWorkflow(sub, b)
		}
		run.Subcommands = append(run.Subcommands, sub)
	}
	return run
}

func (s *invocation) runDescription() string {
	return `Without --id, a run of the same workflow with the same input that was interrupted
less than 24 hours ago is resumed; --new starts another one. The result is printed
as JSON. Ctrl-C suspends the run and loses nothing.`
}

func (s *invocation) workflowNames() (names []string) {
	for _, b := range s.Bindings {
		if b.Workflow != nil {
			names = append(names, b.Name)
		}
	}
	return names
}

// ownRunFlags are the flags of run itself. A field of an input that has the name
// of one of them is reachable through --input only.
func ownRunFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "input", Usage: "`JSON` the whole input, or @FILE, or - for standard input; flags win over it"},
		&cli.StringFlag{Name: "id", Usage: "`ID` name of the run; one that is there already is attached to"},
		&cli.BoolFlag{Name: "new", Usage: "start another run; with --id, although one with that id has ended"},
		&cli.BoolFlag{Name: "detach", Usage: "only queue the run, and print its id"},
		graceFlag(),
	}
}

func graceFlag() cli.Flag {
	return &cli.StringFlag{Name: "grace", Value: exact(defaultGrace), Usage: "`DURATION` how long activities may take to stop after Ctrl-C"}
}

// runWorkflow completes the command of one workflow.
func (s *invocation) runWorkflow(c *cli.Command, b *runner.Binding) {
	own := ownRunFlags()
	f := newForm(b.Name, b.In, append(globals(), own...))
	c.Flags = append(f.flags(), own...)
	if word, ok := f.takesWord(); ok {
		c.ArgsUsage = "[" + word + "]"
	}
	c.Description = "The input as JSON: " + shape(b.In)
	if len(f.elsewise) > 0 {
		c.Description += "\n\nOnly through --input:\n  " + strings.Join(f.elsewise, "\n  ")
	}
	c.Action = func(c *cli.Context) error {
		l, err := s.launch(c, b, f)
		if err != nil {
			return err
		}
		return l.run(c.Context, c.Bool("detach"))
	}
}
