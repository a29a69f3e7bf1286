package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

// An invocation is what the commands of one command line share.
type invocation struct {
	Program
	screen *screen
	out    *printer
	log    *slog.Logger
	args   []string // the command line
	path   string   // --db
	named  bool     // the command line says so
	called string   // the command: "run approval"

	largest int         // bytes of a payload; 0: the runner's own limit
	drives  atomic.Bool // it runs workflows, which an interruption suspends
}

func newInvocation(p Program) *invocation {
	if p.Env == nil {
		p.Env = func(string) string { return "" }
	}
	if p.Exit == nil {
		p.Exit = func(int) {}
	}
	if p.Name == "" {
		p.Name = "durable"
	}
	if p.Stdin == nil {
		p.Stdin = strings.NewReader("")
	}
	if p.Stdout == nil {
		p.Stdout = io.Discard
	}
	if p.Stderr == nil {
		p.Stderr = io.Discard
	}
	tty := isTerminal(p.Stderr)
	return &invocation{
		Program: p,
		screen:  &screen{w: p.Stderr, tty: tty, width: widthOf(p.Stderr, p.Env), live: tty && p.Env("TERM") != "dumb", style: styleOf("auto", tty, p.Env)},
		out:     &printer{w: p.Stdout, tty: isTerminal(p.Stdout), width: widthOf(p.Stdout, p.Env), format: formatText},
	}
}

// dispatch finds the command and carries it out, or prints its help.
func (s *invocation) dispatch(ctx context.Context, args []string) error {
	s.args = args
	app := s.app(args)
	call, err := permute(app, args, s.Env)
	s.named, s.called = call.gives("db"), call.name()
	if call.help {
		return s.help(app, call.path)
	}
	if err != nil {
		return err
	}
	return call.blame(app.RunContext(ctx, call.args))
}

// globals are the flags that every command has.
func globals() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "db", Value: "./durable.db", Usage: "`FILE` the journal; run and worker create it"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formatText, Usage: "`FORMAT` text, json or jsonl, of standard output"},
		&cli.BoolFlag{Name: "json", Usage: "the same as -o json"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "`WHEN` auto, always or never: use colour; always: in a pipe, too"},
		&cli.StringFlag{Name: "max-payload", Value: "2MiB", Usage: "`SIZE` what an input, a result or a signal may have at most"},
		&cli.StringFlag{Name: "log-level", Value: "warn", Usage: "`LEVEL` debug, info, warn, error or off: the least that is logged"},
		&cli.StringFlag{Name: "log", Value: "text", Usage: "`FORMAT` text or json, of the log on standard error"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help"},
		&cli.BoolFlag{Name: "version", Usage: "show the version"},
	}
}

// setup reads the global flags.
func (s *invocation) setup(c *cli.Context) error {
	s.path = c.String("db")
	if s.path == "" {
		return usagef("--db names no file")
	}
	if err := s.setLargest(c.String("max-payload")); err != nil {
		return err
	}
	s.out.format = c.String("output")
	if c.Bool("json") {
		s.out.format = formatJSON
	}
	if err := oneOf("output", s.out.format); err != nil {
		return err
	}
	when := c.String("color")
	if err := oneOf("color", when); err != nil {
		return err
	}
	s.out.style = styleOf(when, s.out.tty, s.Env)
	s.screen.style = styleOf(when, isTerminal(s.Stderr), s.Env)
	return s.setLog(c.String("log"), c.String("log-level"))
}

// setLog makes the logger that the runner gets. Records go to the screen.
func (s *invocation) setLog(format, level string) error {
	if err := oneOf("log", format); err != nil {
		return err
	}
	if err := oneOf("log-level", level); err != nil {
		return err
	}
	if level == "off" {
		s.log = slog.New(slog.DiscardHandler)
		return nil
	}
	least, err := zerolog.ParseLevel(level)
	if err != nil {
		return usagef("--log-level: %w", err)
	}
	log := zerolog.New(s.screen)
	if format == "text" {
		log = zerolog.New(zerolog.ConsoleWriter{Out: s.screen, NoColor: !s.screen.style.color, TimeFormat: time.TimeOnly})
	}
	s.log = slog.New(zerolog.NewSlogHandler(log.Level(least)))
	return nil
}

// choices are the values of the flags that have only a few.
var choices = map[string][]string{
	"output":    {formatText, formatJSON, formatJSONL},
	"color":     {"auto", "always", "never"},
	"log":       {"text", "json"},
	"log-level": {"debug", "info", "warn", "error", "off"},
}

// choicesOf are the values of a flag, nil if it has many. Those of chaos are listed
// when they are asked for, not at every start of the program.
func choicesOf(flag string) []string {
	switch flag {
	case "scenario":
		return scenarioNames()
	case "sabotage":
		return sabotageNames()
	}
	return choices[flag]
}

func oneOf(flag, value string) error {
	if slices.Contains(choicesOf(flag), value) {
		return nil
	}
	u := usagef("--%s: there is no %s", flag, quote(value))
	u.hint = didYouMean(value, choicesOf(flag))
	return u
}

// whoami is the user that this process runs as, for --by: verified, since the
// kernel says so and no variable is asked.
func whoami() (name string, verified bool) {
	uid := os.Getuid()
	if uid < 0 { // Windows, where the process's token says it
		u, err := user.Current()
		if err != nil {
			return "", false
		}
		return u.Username, true
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil && u.Username != "" {
		return u.Username, true
	}
	return fmt.Sprint("uid ", uid), true
}

// label is how messages name a run: by the user's id, or its ULID, of which a
// terminal gets the end.
func (s *invocation) label(run journal.Run) string {
	if run.ID == run.ULID && s.screen.tty {
		return short(run.ULID)
	}
	return clean(run.ID)
}

// complaint is an error as people read it: what was being done, to which thing,
// and what to do next. Several, of several runs, each have their own hint.
func (s *invocation) complaint(err error) string {
	if all, ok := err.(interface{ Unwrap() []error }); ok && isJoined(err) && !isInterruption(err) {
		var parts []string
		for _, e := range all.Unwrap() {
			parts = append(parts, s.complaint(e))
		}
		return strings.Join(parts, "\n")
	}
	var b strings.Builder
	if !isInterruption(err) {
		b.WriteString(s.screen.style.in(red, "error:") + " ")
	}
	b.WriteString(strings.ReplaceAll(clean(err.Error()), `\n`, "\n  "))
	for line := range strings.Lines(s.hint(err)) {
		b.WriteString("\n" + s.screen.style.in(faint, "hint:") + "  " + clean(strings.TrimSuffix(line, "\n")))
	}
	return b.String()
}

// isJoined reports whether err is what errors.Join made of several.
func isJoined(err error) bool { return reflect.TypeOf(err) == reflect.TypeOf(errors.Join(errOpen)) }
