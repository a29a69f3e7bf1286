package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// help prints what a command does and takes; without a path, what the program
// does.
func (s *invocation) help(app *cli.App, path []*cli.Command) error {
	m := manual{s: s, app: app, width: s.out.width()}
	if len(path) == 0 {
		m.program(true)
	} else {
		m.command(path)
	}
	_, err := io.WriteString(s.Stdout, m.b.String())
	return err
}

// A manual is the text of help as it is made.
type manual struct {
	s     *invocation
	app   *cli.App
	width int // of the terminal; 0: nothing is wrapped
	b     strings.Builder
}

// newcomers have to know this.
const newcomers = `A run is one execution of a workflow. Whatever its steps return is kept in a file,
and a run whose process was killed goes on from there. Results go to standard
output, everything else to standard error.`

// whatID explains the word ID in a usage.
const whatID = `An ID is what --id named the run, or its ULID, or any unique beginning or end of
either with 4 or more characters; @last is the run that was started last, and
@last:WORKFLOW the last one of that workflow. list shows the ids.`

// program explains the program; whole is with the flags.
func (m *manual) program(whole bool) {
	name := m.app.Name
	fmt.Fprintf(&m.b, "%s - %s\n\nusage: %s COMMAND [flags]\n", name, m.app.Usage, name)
	m.text(newcomers)
	m.section("commands", commandRows(m.app.Commands))
	m.examples(m.s.examples(nil))
	if whole {
		m.section("flags of every command", m.flagRows(nil, m.app.Flags, nil))
		fmt.Fprintf(&m.b, "\nA flag wins over its variable (the [$NAME] behind it), that over the default.\n")
	}
	fmt.Fprintf(&m.b, "\n%s help COMMAND explains a command, %s help %s the exit codes.\n", name, name, exitTopic)
}

// command explains the command at the end of the path.
func (m *manual) command(path []*cli.Command) {
	name, c := m.app.Name, path[len(path)-1]
	for _, p := range path {
		name += " " + p.Name
	}
	fmt.Fprintf(&m.b, "%s - %s\n\nusage: %s", name, c.Usage, name)
	for _, part := range []string{c.ArgsUsage, "[flags]"} {
		if part != "" {
			m.b.WriteString(" " + part)
		}
	}
	m.b.WriteByte('\n')
	m.text(c.Description)
	if strings.Contains(c.ArgsUsage, "ID") {
		m.text(whatID)
	}
	if len(c.Subcommands) > 0 {
		m.section("workflows", m.s.workflowRows())
	}
	m.examples(m.s.examples(path))
	isInput := func(f cli.Flag) bool { return category(f) == inputCategory }
	m.section("input", m.flagRows(c, c.Flags, isInput))
	m.section("flags", m.flagRows(c, c.Flags, func(f cli.Flag) bool { return !isInput(f) }))
	m.section("flags of every command", m.flagRows(c, m.app.Flags, nil))
}

// text prints prose, broken anew where the terminal is too narrow for it. Lines
// with two spaces in them are arranged by hand.
func (m *manual) text(prose string) {
	if prose == "" {
		return
	}
	m.b.WriteByte('\n')
	flow := ""
	flush := func() {
		if flow != "" {
			m.b.WriteString(strings.Join(wrap(flow, m.width), "\n") + "\n")
		}
		flow = ""
	}
	for line := range strings.SplitSeq(prose, "\n") {
		if m.width == 0 || line == "" || strings.Contains(line, "  ") {
			flush()
			m.b.WriteString(line + "\n")
		} else {
			flow = strings.TrimSpace(flow + " " + line)
		}
	}
	flush()
}

func (m *manual) section(title string, rows [][2]string) {
	if len(rows) > 0 {
		fmt.Fprintf(&m.b, "\n%s:\n", title)
		m.columns(rows)
	}
}

func (m *manual) examples(lines []string) {
	if len(lines) == 0 {
		return
	}
	m.b.WriteString("\nexamples:\n")
	for _, l := range lines {
		fmt.Fprintf(&m.b, "  %s %s\n", m.app.Name, l)
	}
}

// columns prints two aligned columns; a long left one gets a line of its own.
func (m *manual) columns(rows [][2]string) {
	const most = 28
	left := 0
	for _, r := range rows {
		if n := columnsIn(r[0]); n <= most {
			left = max(left, n)
		}
	}
	for _, r := range rows {
		name, lines := r[0], []string{r[1]}
		if room := m.width - left - 4; room >= most {
			lines = wrap(r[1], room)
		}
		if columnsIn(name) > most {
			fmt.Fprintf(&m.b, "  %s\n", name)
			name = ""
		}
		for _, l := range lines {
			fmt.Fprintf(&m.b, "  %s  %s\n", pad(name, left), l)
			name = ""
		}
	}
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
func (m *manual) flagRows(c *cli.Command, flags []cli.Flag, want func(cli.Flag) bool) (rows [][2]string) {
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
