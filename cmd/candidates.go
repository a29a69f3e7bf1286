package cmd

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

// candidates are the words that may stand in the place of the last one. None
// means a file, or anything.
func (s *invocation) candidates(ctx context.Context, line []string) []string {
	before, last := line[:len(line)-1], line[len(line)-1]
	app := s.app(before)
	got, _ := permute(app, before, noVariables) // an unfinished line may be wrong yet
	c := got.command()
	flags := app.Flags
	if c != nil {
		flags = append(slices.Clone(c.Flags), flags...)
	}
	if !slices.Contains(before, "--") {
		name, value, valued := strings.Cut(last, "=")
		switch f := flagNamed(flags, name); {
		case valued && f != nil:
			return behind(name+"=", s.values(f, value))
		case isDash(last):
			return dashed(longNames(flags))
		}
		if n := len(before); n > 0 {
			if f := flagNamed(flags, before[n-1]); f != nil && takesValue(f) {
				return s.values(f, last)
			}
		}
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
	case strings.HasPrefix(last, lastRef+":"):
		return behind(lastRef+":", s.workflowNames())
	}
	return s.runCandidates(ctx, c.Name, got.rest)
}

func noVariables(string) string { return "" }

func isDash(word string) bool { return strings.HasPrefix(word, "-") }

// flagNamed is the flag that a word with its dashes names, nil if it is none.
func flagNamed(flags []cli.Flag, word string) cli.Flag {
	if !isDash(word) {
		return nil
	}
	return findFlag(flags, strings.TrimLeft(word, "-"))
}

func dashed(names []string) []string { return behind("--", names) }

// behind puts each word behind the prefix.
func behind(prefix string, words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = prefix + w
	}
	return out
}

// values are what a flag may be set to, where that is known.
func (s *invocation) values(f cli.Flag, begun string) []string {
	switch name := f.Names()[0]; {
	case category(f) == inputCategory: // a field may have any name
		return nil
	case name == "workflow":
		return s.workflowNames()
	case name == "status":
		done := begun[:strings.LastIndexByte(begun, ',')+1] // several are separated by commas
		return behind(done, append([]string{"open", "unfinished", "closed"}, statuses...))
	default:
		return choicesOf(name)
	}
}

// runCandidates completes ids of runs, and names of signals and queries.
func (s *invocation) runCandidates(ctx context.Context, command string, rest []string) (found []string) {
	several := slices.Contains([]string{"cancel", "terminate", "resume"}, command)
	if !several && !slices.Contains([]string{"signal", "query", "show", "result"}, command) {
		return nil
	}
	s.screen.w = io.Discard
	_ = s.with(func(r *client) error {
		if len(rest) > 0 && !several {
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
