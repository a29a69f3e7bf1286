package cmd

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// app builds the tree of commands. Help and completion are ours, and errors are
// told in one place, so the library's own ways of doing so are all switched off.
func (s *invocation) app(args []string) *cli.App {
	app := &cli.App{
		Name:                      s.Name,
		Usage:                     "durable workflows in one file",
		HideHelp:                  true,
		HideVersion:               true,
		Writer:                    io.Discard,
		ErrWriter:                 io.Discard,
		Reader:                    s.Stdin,
		Flags:                     globals(),
		DisableSliceFlagSeparator: true,
		Before:                    s.setup,
		Action:                    s.root,
		OnUsageError:              onUsageError,
		ExitErrHandler:            func(*cli.Context, error) {},
		Commands: []*cli.Command{
			s.runCommand(args), s.signalCommand(), s.queryCommand(),
			s.listCommand(), s.showCommand(), s.resultCommand(),
			s.cancelCommand(), s.terminateCommand(), s.resumeCommand(), s.workerCommand(),
			s.workflowsCommand(), s.doctorCommand(), s.backupCommand(), s.chaosCommand(args),
			s.completionCommand(), s.completeCommand(), s.versionCommand(), s.helpCommand(),
		},
	}
	for _, c := range app.Commands {
		prepare(c)
	}
	return app
}

func prepare(c *cli.Command) {
	c.HideHelp, c.OnUsageError = true, onUsageError
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
}

// root is what happens when no command is named.
func (s *invocation) root(c *cli.Context) error {
	if c.Bool("version") {
		return s.version()
	}
	m := manual{s: s, app: c.App, width: s.screen.width()}
	m.program(false)
	s.screen.Line(m.b.String())
	return usagef("no command is named")
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	u := usagef("%w", err)
	if c.Command != nil {
		u.hint = c.Command.HelpName + " --help explains the flags"
	}
	return u
}

// words checks how many words a command got, most of them ids. most below 0
// means that there is no limit.
func words(c *cli.Context, least, most int) ([]string, error) {
	got := c.Args().Slice()
	if len(got) >= least && (most < 0 || len(got) <= most) {
		return got, nil
	}
	var u *usageError
	switch {
	case len(got) < least:
		u = usagef("%s needs %s", c.Command.Name, c.Command.ArgsUsage)
	case most == 0:
		u = usagef("%s takes no word, but got %s", c.Command.Name, quote(got[0]))
	default:
		u = usagef("%s got one word too many: %s", c.Command.Name, quote(got[most]))
	}
	u.hint = "usage: " + c.Command.HelpName + " " + c.Command.ArgsUsage
	if len(got) < least && strings.Contains(c.Command.ArgsUsage, "ID") {
		u.hint += "\nlist shows the ids; @last is the run that was started last"
	}
	return nil, u
}
