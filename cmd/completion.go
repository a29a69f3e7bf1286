package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

// shells are the completion scripts. Each asks the program itself, with the
// words so far, of which the last may be empty. %[1]s is the program's name.
var shells = map[string]string{
	"bash": `_%[1]s() {
  local IFS=$'\n'
  COMPREPLY=($(%[1]s __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _%[1]s %[1]s
`,
	"zsh": `#compdef %[1]s
_%[1]s() {
  local -a found
  found=("${(@f)$(%[1]s __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _%[1]s %[1]s
`,
	"fish": `function __%[1]s_complete
  set -l words (commandline -opc) (commandline -ct)
  %[1]s __complete -- $words[2..-1] 2>/dev/null
end
complete -c %[1]s -a '(__%[1]s_complete)'
`,
}

func (s *invocation) completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for a shell", ArgsUsage: "bash|zsh|fish",
		Description: fmt.Sprintf(`bash:  source <(%[1]s completion bash)
zsh:   source <(%[1]s completion zsh)
fish:  %[1]s completion fish | source`, s.Name),
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 1)
			if err != nil {
				return err
			}
			script, ok := shells[args[0]]
			if !ok {
				u := usagef("there is no completion for shell %s", quote(args[0]))
				u.hint = didYouMean(args[0], []string{"bash", "zsh", "fish"})
				return u
			}
			_, err = fmt.Fprintf(s.Stdout, script, s.Name)
			return err
		},
	}
}

// completeCommand is what the scripts call. It never fails: no candidates is an
// answer too.
func (s *invocation) completeCommand() *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true,
		Action: func(c *cli.Context) error {
			line := c.Args().Slice()
			if len(line) == 0 {
				line = []string{""}
			}
			last := line[len(line)-1]
			for _, word := range s.candidates(c.Context, line) {
				if strings.HasPrefix(word, last) {
					fmt.Fprintln(s.Stdout, clean(word))
				}
			}
			return nil
		},
	}
}

// candidates are the words that may stand in the place of the last one.
func (s *invocation) candidates(ctx context.Context, line []string) []string {
	before, last := line[:len(line)-1], line[len(line)-1]
	app := s.app(before)
	got, _ := permute(app, before, func(string) string { return "" }) // an unfinished line may be wrong yet
	c := got.command()
	if strings.HasPrefix(last, "-") {
		flags := app.Flags
		if c != nil {
			flags = append(slices.Clone(c.Flags), flags...)
		}
		names := longNames(flags)
		for i, n := range names {
			names[i] = "--" + n
		}
		return names
	}
	if n := len(before); n > 0 && c != nil && c.Name == "chaos" && before[n-1] == "--scenario" {
		return scenarioNames()
	}
	if n := len(before); n > 0 && before[n-1] == "--sabotage" {
		return sabotageNames()
	}
	switch {
	case c == nil:
		return commandNames(app.Commands)
	case len(c.Subcommands) > 0:
		return commandNames(c.Subcommands)
	case c.Name == "help":
		return append(commandNames(app.Commands), exitTopic)
	case c.Name == "completion":
		return []string{"bash", "fish", "zsh"}
	}
	return s.runCandidates(ctx, c.Name, got.rest)
}

// runCandidates completes ids of runs, and names of signals and queries.
func (s *invocation) runCandidates(ctx context.Context, command string, rest []string) (found []string) {
	few := len(rest) > 0 && !slices.Contains([]string{"cancel", "terminate", "resume"}, command)
	if !slices.Contains([]string{"signal", "query", "show", "result", "cancel", "terminate", "resume"}, command) {
		return nil
	}
	s.screen.w = io.Discard
	_ = s.with(func(r *client) error {
		if few {
			run, err := r.find(ctx, rest[0])
			if err == nil && len(rest) == 1 && (command == "signal" || command == "query") {
				found = declared(s.binding(run.Workflow), command == "query")
			}
			return err
		}
		f := journal.Filter{Limit: 200}
		if command != "show" && command != "result" && command != "query" {
			f.Status = []journal.Status{journal.StatusOpen, journal.StatusStuck}
		}
		runs, err := r.db.Runs(ctx, f)
		for _, run := range runs {
			found = append(found, run.ID)
		}
		found = append(found, lastRef)
		return err
	})
	return found
}
