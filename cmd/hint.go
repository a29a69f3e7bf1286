package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// A hinted error comes with what to do next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

func withHint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

// command is a command line of this program for people to copy. It names the
// file if this one does: without, it would act on another one.
func (s *invocation) command(words ...string) string {
	line := append([]string{s.Name}, words...)
	if s.named {
		line = append(line, "--db", s.path)
	}
	for i, w := range line {
		line[i] = shellWord(w)
	}
	return strings.Join(line, " ")
}

// shellWord is w as a shell reads it.
func shellWord(w string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./_-", r)
	}
	if w != "" && strings.TrimFunc(w, plain) == "" {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// hint says what to do about err; "" if nothing comes to mind.
func (s *invocation) hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		return h.Hint()
	}
	for _, row := range hintTable {
		if errors.Is(err, row.err) {
			return row.hint(s)
		}
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return strings.TrimSuffix(s.Name+" "+s.called, " ") + " --help explains what can be given"
	}
	return ""
}

func say(text string) func(*invocation) string { return func(*invocation) string { return text } }

// hintTable is searched in order: damage is worth knowing also where it has made
// the store fail.
var hintTable = []struct {
	err  error
	hint func(*invocation) string
}{
	{journal.ErrFull, say("free some space; nothing is lost, the same command carries on")},
	{journal.ErrHeld, func(s *invocation) string {
		return "another process has stopped while it wrote (kill -CONT wakes it); " + s.command("doctor") + " names it"
	}},
	{journal.ErrDamaged, (*invocation).mend},
	{journal.ErrBroken, func(s *invocation) string {
		return "nothing that was acknowledged is lost; run the same command again, and if it fails again " + s.command("doctor")
	}},
	{journal.ErrForeign, say("--db names the file; it belongs to another program and was not touched")},
	{journal.ErrNewer, say("use the newer program; the file was not touched")},
	{journal.ErrReadOnly, say("make the file and its folder writable")},
	{os.ErrPermission, say("make the file and its folder accessible to this user")},
	{runner.ErrTooLarge, say(tooLargeHint)},
	{journal.ErrNoRun, func(s *invocation) string { return s.command("list") + " shows the runs" }},
	{journal.ErrExists, func(s *invocation) string {
		return "choose another --id; " + s.command("list") + " shows those that are taken"
	}},
	{journal.ErrFenced, func(s *invocation) string {
		return "another process runs it; " + s.command("list") + " shows what goes on"
	}},
}

// mend says what is left to do with a damaged file.
func (s *invocation) mend() string {
	return s.command("doctor") + " says what else is damaged; keep a copy of the file with its -wal, then restore a backup"
}

// salvage is mend for one who has called doctor.
func (s *invocation) salvage() string {
	return "keep a copy of the file with its -wal before you do anything else; then restore a backup,\n" +
		"or without one save what can be read: sqlite3 " + shellWord(s.path) + " .recover"
}

// inFolder says what to do if err is that the folder of file is missing.
func inFolder(err error, file string) error {
	if !errors.Is(err, fs.ErrNotExist) || exists(filepath.Dir(file)) {
		return err
	}
	return withHint(err, "%s", noFolderHint(file))
}

func noFolderHint(file string) string {
	return "mkdir -p " + shellWord(filepath.Dir(file)) + " makes it; or name another file"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// refused is why something cannot be done to a run, in a person's words.
func (s *invocation) refused(what string, run journal.Run, err error) error {
	switch {
	case errors.Is(err, journal.ErrClosed):
		return withHint(fmt.Errorf("%s: %w", what, journal.ErrClosed), "%s shows how it ended", s.command("show", s.label(run)))
	case errors.Is(err, journal.ErrFenced):
		return withHint(fmt.Errorf("%s: %w", what, journal.ErrFenced), "%s looks on", s.command("show", s.label(run), "--follow"))
	case errors.Is(err, runner.ErrUnknownWorkflow):
		return s.unknown(what, run)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// unknown says that this program cannot run the run.
func (s *invocation) unknown(what string, run journal.Run) error {
	return withHint(fmt.Errorf("%s: %w %s: this program does not have it", what, runner.ErrUnknownWorkflow, quote(run.Workflow)),
		"use the program that has it; this one has %s", strings.Join(s.workflowNames(), ", "))
}
