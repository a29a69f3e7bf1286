package cmd

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

const exitTopic = "exit-codes"

func (s *invocation) helpCommand() *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "explain a command, or " + exitTopic, ArgsUsage: "[COMMAND...]",
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) == 1 && words[0] == exitTopic {
				_, err := io.WriteString(s.Stdout, exitCodes)
				return err
			}
			app := s.app(words)
			var path []*cli.Command
			cmds := app.Commands
			for _, w := range words {
				next := findCommand(cmds, w)
				if next == nil {
					u := usagef("there is no help on %s", quote(strings.Join(words, " ")))
					u.hint = didYouMean(w, append(commandNames(cmds), exitTopic))
					return u
				}
				path, cmds = append(path, next), next.Subcommands
			}
			return s.help(app, path)
		},
	}
}

func findCommand(cmds []*cli.Command, name string) *cli.Command {
	for _, c := range cmds {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}
