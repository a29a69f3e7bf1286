package cmd

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

// maybe is a value that may be left out.
type maybe struct{ cli.Generic }

func (maybe) Set(string) error { return nil }
func (maybe) String() string   { return "" }
func (maybe) IsBoolFlag() bool { return true }

// tree is a small program with every kind of flag.
func tree() *cli.App {
	return &cli.App{
		Name: "prog",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "db"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}},
			&cli.BoolFlag{Name: "help", Aliases: []string{"h"}},
		},
		Commands: []*cli.Command{
			{Name: "list", Aliases: []string{"ls"}, Flags: []cli.Flag{
				&cli.IntFlag{Name: "limit", Aliases: []string{"n"}},
				&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}},
				&cli.GenericFlag{Name: "page", Value: maybe{}},
			}},
			{Name: "run", Subcommands: []*cli.Command{
				{Name: "nap", Flags: []cli.Flag{&cli.GenericFlag{Name: "sleep", Value: &entry{field: field{typ: reflect.TypeFor[string]()}}, Category: inputCategory}}},
				{Name: "shop", Flags: []cli.Flag{&cli.StringFlag{Name: "item"}}},
			}},
			{Name: "signal", Flags: []cli.Flag{&cli.StringFlag{Name: "by"}}},
			{Name: "secret", Hidden: true},
		},
	}
}

func noEnv(string) string { return "" }

func TestPermute(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"nothing", "", "prog"},
		{"in order", "--db x list --limit 3", "prog --db=x list --limit=3"},
		{"global behind", "list --db x", "prog --db=x list"},
		{"local in front", "--limit 3 list", "prog list --limit=3"},
		{"alias", "ls -n 3", "prog list --limit=3"},
		{"flags behind words", "signal ID go --by x payload --db y", "prog --db=y signal --by=x -- ID go payload"},
		{"deep, in front", "--sleep 3 run nap", "prog run nap --sleep=3"},
		{"deep, in the middle", "run --sleep 3 nap", "prog run nap --sleep=3"},
		{"equals sign", "list --limit=3 --db=", "prog --db= list --limit=3"},
		{"one dash", "list -limit 3", "prog list --limit=3"},
		{"a value like a flag", "signal --by --db ID go", "prog signal --by=--db -- ID go"},
		{"a value like a command", "--db list list", "prog --db=list list"},
		{"double dash", "signal ID -- --by --", "prog signal -- ID --by --"},
		{"double dash before the command", "-- list", "prog list"},
		{"negative number", "signal ID go -5", "prog signal -- ID go -5"},
		{"negative fraction", "signal ID go -.5", "prog signal -- ID go -.5"},
		{"lone dash", "signal ID go -", "prog signal -- ID go -"},
		{"bool with a value", "list --watch=false x", "prog list --watch=false -- x"},
		{"bool takes no word", "list --watch x", "prog list --watch -- x"},
		{"bundle", "list -vw", "prog --verbose list --watch"},
		{"bundle with value behind", "list -wn 3", "prog list --watch --limit=3"},
		{"bundle with value inside", "list -wn3", "prog list --watch --limit=3"},
		{"short with its value", "list -ojson", "prog --output=json list"},
		{"short with equals sign", "list -o=json", "prog --output=json list"},
		{"bundle, equals sign", "list -vo=json", "prog --verbose --output=json list"},
		{"value left out", "list --page x", "prog list --page -- x"},
		{"value not left out", "list --page=2 x", "prog list --page=2 -- x"},
		{"repeated", "list --limit 1 --limit 2", "prog list --limit=1 --limit=2"},
		{"a word like a command", "signal list run", "prog signal -- list run"},
		{"unfinished path", "run", "prog run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := permute(tree(), strings.Fields(c.line), noEnv)
			require.NoError(t, err)
			require.Equal(t, c.want, strings.Join(got.args, " "))
		})
	}
}

func TestPermuteRefuses(t *testing.T) {
	for _, c := range []struct{ name, line, want, hint string }{
		{"unknown command", "lits", `there is no command "lits"`, "did you mean list?"},
		{"far from any command", "zzzz", `there is no command "zzzz"`, "there is list, ls, run, signal"},
		{"unknown workflow", "run shp --item 1", `there is no workflow "shp" in this program`, "did you mean shop?"},
		{"unknown flag", "list --limt 3", "prog list has no flag --limt", "did you mean --limit?"},
		{"unknown flag before the command", "--slep 3 run nap", "prog has no flag --slep", "did you mean --sleep?"},
		{"flag of another command", "list --by x", "prog list has no flag --by", "prog list --help lists its flags"},
		{"flag of another command, in front", "--by x list", "prog list has no flag --by", "prog list --help lists its flags"},
		{"missing value", "list --limit", "flag --limit needs a value", "prog list --help explains what can be given"},
		{"missing value in a bundle", "list -wn", "flag --n needs a value", "prog list --help explains what can be given"},
		{"unknown letter", "list -wx", "prog list has no flag --wx", "prog list --help lists its flags"},
		{"hidden commands are not suggested", "secre", `there is no command "secre"`, "there is list, ls, run, signal"},
		{"no letters", "list --", "", ""},
		{"three dashes", "list ---x", "prog list has no flag ---x", "prog list --help lists its flags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := permute(tree(), strings.Fields(c.line), noEnv)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
			s := newInvocation(Program{Name: "prog"})
			s.called = got.name()
			require.Equal(t, c.hint, s.hint(err))
			require.Equal(t, exitUsage, exitCode(err))
		})
	}
}

func TestPermuteHelp(t *testing.T) {
	for _, line := range []string{"--help", "-h", "list --help", "run nap -h", "list --limit 3 --nonsense -h --limit"} {
		t.Run(line, func(t *testing.T) {
			got, _ := permute(tree(), strings.Fields(line), noEnv)
			require.Equal(t, !strings.Contains(line, "nonsense"), got.help)
		})
	}
}

func TestPermuteEnvironment(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"DURABLE_DB": "e", "DURABLE_NAP_SLEEP": "5", "DURABLE_SLEEP": "9", "DURABLE_LIMIT": "7"}[name]
	}
	for _, c := range []struct{ name, line, want string }{
		{"taken", "list", "prog --db=e list --limit=7"},
		{"flag wins", "list --limit 1 --db x", "prog --db=x list --limit=1"},
		{"alias wins too", "list -n 1", "prog --db=e list --limit=1"},
		{"an input's variable has the workflow's name", "run nap", "prog --db=e run nap --sleep=5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := permute(tree(), strings.Fields(c.line), env)
			require.NoError(t, err)
			require.Equal(t, c.want, strings.Join(got.args, " "))
		})
	}
}

// FuzzPermute checks that every word survives: what goes in as a plain word
// after a double dash comes out as one, and nothing panics.
func FuzzPermute(f *testing.F) {
	for _, line := range []string{"list -wn3", "run nap --sleep 1 -- -x", "signal a b --by=c", "-", "--", "--=", "-=", "-\xff", "list -é"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		got, err := permute(tree(), words, noEnv)
		if err != nil {
			require.Equal(t, exitUsage, exitCode(err))
			return
		}
		if len(got.rest) > 0 {
			require.Equal(t, got.rest, got.args[len(got.args)-len(got.rest):])
			require.Equal(t, "--", got.args[len(got.args)-len(got.rest)-1])
		}
		again, err := permute(tree(), got.args[1:], noEnv)
		require.NoError(t, err)
		require.True(t, got.help || slices.Equal(got.args, again.args), "%q became %q", got.args, again.args)
	})
}
