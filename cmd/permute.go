package cmd

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// A call is a command line in the order urfave/cli understands. It reads flags
// only before the first positional word of their command and silently keeps the
// rest as words; people put them anywhere.
type call struct {
	path []*cli.Command // the command named, outermost first
	args []string       // program, global flags, path, the command's flags, "--", words
	rest []string       // the words that are neither command nor flag
	help bool           // -h or --help was among the flags

	flags     []given           // as they stood on the line, without those from variables
	variables map[string]string // where flags came from that were not given, by their names
}

// gives reports whether the line itself has the flag of that name.
func (c call) gives(name string) bool {
	return slices.ContainsFunc(c.flags, func(g given) bool { return g.name == name })
}

// name is the command named, as people write it: "run approval".
func (c call) name() string {
	var names []string
	for _, c := range c.path {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// command is the innermost command named, nil if none is.
func (c call) command() *cli.Command {
	if len(c.path) == 0 {
		return nil
	}
	return c.path[len(c.path)-1]
}

// A given is one flag as it stood on the command line.
type given struct {
	name   string
	value  string
	valued bool
}

func (g given) String() string {
	if g.valued {
		return "--" + g.name + "=" + g.value
	}
	return "--" + g.name
}

// permute reads words (without the program's name) and sorts them. A flag is
// looked up in its command, then among the global ones; one that stands before
// its command's name is looked up in the commands that may still follow. A flag
// not given is taken from the environment variable that its help names.
func permute(app *cli.App, words []string, env func(string) string) (call, error) {
	p := permuter{app: app}
	for p.words = words; len(p.words) > 0; {
		w := p.words[0]
		p.words = p.words[1:]
		var err error
		switch {
		case w == "--" && !p.ended:
			p.ended = true
		case isFlag(w) && !p.ended:
			err = p.flag(w)
		default:
			err = p.word(w)
		}
		if err != nil {
			return p.call, err
		}
	}
	return p.finish(env)
}

type permuter struct {
	call
	app   *cli.App
	words []string // not read yet
	ended bool     // "--" was read
}

// isFlag reports whether w is a flag: not a lone dash (standard input), not a
// negative number.
func isFlag(w string) bool {
	return len(w) > 1 && w[0] == '-' && w[1] != '.' && (w[1] < '0' || w[1] > '9')
}

func (p *permuter) word(w string) error {
	cmds := p.commands()
	if len(p.rest) > 0 || len(cmds) == 0 {
		p.rest = append(p.rest, w)
		return nil
	}
	for _, c := range cmds {
		if c.HasName(w) {
			p.path = append(p.path, c)
			return nil
		}
	}
	what, where := "command", ""
	if len(p.path) > 0 {
		what, where = "workflow", " in this program"
	}
	u := usagef("there is no %s %s%s", what, quote(w), where)
	u.hint = didYouMean(w, commandNames(cmds))
	return u
}

// commands are those that the next word may name.
func (p *permuter) commands() []*cli.Command {
	if c := p.command(); c != nil {
		return c.Subcommands
	}
	return p.app.Commands
}

func (p *permuter) flag(w string) error {
	name, value, valued := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(w, "-"), "-"), "=")
	f := p.lookup(name)
	if f != nil {
		return p.add(f, name, value, valued)
	}
	if list := p.bundle(w); list != nil {
		return p.unbundle(list, w[1:])
	}
	return p.unknown(name)
}

// add records a flag, taking the next word as its value if it needs one.
func (p *permuter) add(f cli.Flag, name, value string, valued bool) error {
	if !valued && takesValue(f) {
		if len(p.words) == 0 {
			return usagef("flag --%s needs a value", name)
		}
		value, valued, p.words = p.words[0], true, p.words[1:]
	}
	if name == "help" || name == "h" {
		p.help = true
		return nil
	}
	p.flags = append(p.flags, given{f.Names()[0], value, valued})
	return nil
}

// bundle returns the one-letter flags that are written together in w: -ab is -a
// -b, and -ojson is -o json. It returns nil if a letter is no flag.
func (p *permuter) bundle(w string) (list []cli.Flag) {
	if strings.HasPrefix(w, "--") {
		return nil
	}
	for _, r := range w[1:] {
		f := p.lookup(string(r))
		if f == nil {
			return nil
		}
		list = append(list, f)
		if takesValue(f) {
			break // what follows is its value
		}
	}
	return list
}

func (p *permuter) unbundle(list []cli.Flag, letters string) error {
	for _, f := range list {
		_, size := utf8.DecodeRuneInString(letters)
		name, rest := letters[:size], letters[size:]
		value, valued := "", false
		if takesValue(f) && rest != "" {
			value, valued = strings.TrimPrefix(rest, "="), true
		}
		if err := p.add(f, name, value, valued); err != nil {
			return err
		}
		letters = rest
	}
	return nil
}

// lookup finds a flag among those of the command, of the program, and of the
// commands below, in that order.
func (p *permuter) lookup(name string) cli.Flag {
	for _, list := range p.scopes() {
		if f := findFlag(list, name); f != nil {
			return f
		}
	}
	return nil
}

func (p *permuter) scopes() [][]cli.Flag {
	var lists [][]cli.Flag
	if c := p.command(); c != nil {
		lists = append(lists, c.Flags)
	}
	lists = append(lists, p.app.Flags)
	var below func([]*cli.Command)
	below = func(cs []*cli.Command) {
		for _, c := range cs {
			lists = append(lists, c.Flags)
			below(c.Subcommands)
		}
	}
	below(p.commands())
	return lists
}

func (p *permuter) unknown(name string) error {
	path, names := p.app.Name, []string(nil)
	for _, c := range p.path {
		path += " " + c.Name
	}
	for _, list := range p.scopes() {
		names = append(names, longNames(list)...)
	}
	u := usagef("%s has no flag --%s", path, clean(name))
	u.hint = path + " --help lists its flags"
	if s := suggest(name, names); s != "" {
		u.hint = "did you mean --" + s + "?"
	}
	return u
}
