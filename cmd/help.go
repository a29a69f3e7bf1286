package cmd

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

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

// help prints what a command does and takes; without a path, what the program
// does.
func (s *invocation) help(app *cli.App, path []*cli.Command) error {
	_, err := io.WriteString(s.Stdout, s.manual(app, path))
	return err
}

// manual is the text of help.
func (s *invocation) manual(app *cli.App, path []*cli.Command) string {
	name, cmds := app.Name, app.Commands
	var c *cli.Command
	for _, c = range path {
		name, cmds = name+" "+c.Name, c.Subcommands
	}
	var b strings.Builder
	section := func(title string, rows [][2]string) {
		if len(rows) > 0 {
			fmt.Fprintf(&b, "\n%s:\n", title)
			columns(&b, rows)
		}
	}
	if c == nil {
		fmt.Fprintf(&b, "%s - %s\n\nusage: %s COMMAND [flags]\n", name, app.Usage, name)
		section("commands", commandRows(cmds))
		section("flags of every command", s.flagRows(nil, app.Flags, nil))
		fmt.Fprintf(&b, "\n%s help %s lists the exit codes. A flag wins over its variable, that over the default.\n", name, exitTopic)
		return b.String()
	}
	fmt.Fprintf(&b, "%s - %s\n\nusage: %s", name, c.Usage, name)
	for _, part := range []string{c.ArgsUsage, "[flags]"} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	b.WriteByte('\n')
	if c.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.Description))
	}
	section("workflows", commandRows(cmds))
	isInput := func(f cli.Flag) bool { return category(f) == inputCategory }
	section("input", s.flagRows(c, c.Flags, isInput))
	section("flags", s.flagRows(c, c.Flags, func(f cli.Flag) bool { return !isInput(f) }))
	section("flags of every command", s.flagRows(c, app.Flags, nil))
	return b.String()
}

func commandRows(cmds []*cli.Command) (rows [][2]string) {
	for _, c := range cmds {
		if !c.Hidden {
			rows = append(rows, [2]string{strings.Join(c.Names(), ", "), c.Usage})
		}
	}
	return rows
}

// flagRows explains the flags that want accepts; nil accepts all.
func (s *invocation) flagRows(c *cli.Command, flags []cli.Flag, want func(cli.Flag) bool) (rows [][2]string) {
	for _, f := range flags {
		if want != nil && !want(f) {
			continue
		}
		d, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		placeholder, usage := splitUsage(d.GetUsage())
		var names []string
		for _, n := range f.Names() {
			dashes := "--"
			if len(n) == 1 {
				dashes = "-"
			}
			names = append(names, dashes+n)
		}
		left := strings.Join(names, ", ")
		if takesValue(f) {
			left += " " + placeholder
		}
		if def := defaultOf(f); def != "" {
			usage += " (default " + def + ")"
		}
		if v := variable(c, f); v != "" {
			usage += " [$" + v + "]"
		}
		rows = append(rows, [2]string{left, usage})
	}
	return rows
}

// splitUsage takes the placeholder, which stands in backquotes in front, off a
// usage text.
func splitUsage(usage string) (placeholder, text string) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(usage, "`"), "`")
	if !ok || !strings.HasPrefix(usage, "`") {
		return "VALUE", usage
	}
	return name, strings.TrimSpace(rest)
}

func defaultOf(f cli.Flag) string {
	switch f := f.(type) {
	case *cli.StringFlag:
		return f.Value
	case *cli.IntFlag:
		if f.Value != 0 {
			return fmt.Sprint(f.Value)
		}
	case *cli.GenericFlag:
		return f.DefaultText
	}
	return ""
}

func category(f cli.Flag) string {
	if g, ok := f.(cli.CategorizableFlag); ok {
		return g.GetCategory()
	}
	return ""
}

// columns prints two aligned columns; a long left one gets a line of its own.
func columns(b *strings.Builder, rows [][2]string) {
	const most = 28
	width := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r[0]); n <= most {
			width = max(width, n)
		}
	}
	for _, r := range rows {
		if utf8.RuneCountInString(r[0]) > most {
			fmt.Fprintf(b, "  %s\n  %*s  %s\n", r[0], width, "", r[1])
		} else {
			fmt.Fprintf(b, "  %-*s  %s\n", width, r[0], r[1])
		}
	}
}
