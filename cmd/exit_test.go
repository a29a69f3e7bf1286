package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/host"
)

func bound(name string) *runner.Binding { return &runner.Binding{Binding: host.Binding{Name: name}} }

func TestExitCode(t *testing.T) {
	ended := func(s journal.Status) error { return &endError{run: journal.Run{Status: s}} }
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, 0},
		{"failed", ended(journal.StatusFailed), 1},
		{"anything else", errors.New("x"), 1},
		{"usage", usagef("x"), 2},
		{"unknown query", runner.ErrUnknownQuery, 2},
		{"unknown workflow", runner.ErrUnknownWorkflow, 2},
		{"ambiguous", runner.ErrAmbiguous, 2},
		{"canceled", ended(journal.StatusCanceled), 3},
		{"terminated", ended(journal.StatusTerminated), 3},
		{"no run", journal.ErrNoRun, 4},
		{"waited", errWaited, 5},
		{"open", errOpen, 5},
		{"deadline", context.DeadlineExceeded, 5},
		{"closed", journal.ErrClosed, 6},
		{"taken", journal.ErrExists, 6},
		{"owned", journal.ErrFenced, 6},
		{"stuck run", ended(journal.StatusStuck), 7},
		{"stuck", journal.ErrStuck, 7},
		{"stuck, said by the engine", &runner.StuckError{}, 7},
		{"stuck by damage", &runner.StuckError{Problem: journal.Problem{Kind: "damage"}}, 8},
		{"an event", &journal.DamageError{Run: "r", Event: 1}, 8},
		{"not begun", errQueued, 5},
		{"too large", runner.ErrTooLarge, 2},
		{"no file", errFile, 8},
		{"unhealthy", errUnhealthy, 8},
		{"full", journal.ErrFull, 8},
		{"held", journal.ErrHeld, 8},
		{"broken", journal.ErrBroken, 8},
		{"damaged", journal.ErrDamaged, 8},
		{"foreign", journal.ErrForeign, 8},
		{"newer", journal.ErrNewer, 8},
		{"read-only", journal.ErrReadOnly, 8},
		{"Ctrl-C", interruption{os.Interrupt}, 130},
		{"SIGTERM", interruption{syscall.SIGTERM}, 143},
		{"usage about a file", usagef("read: %w", os.ErrNotExist), 2},
		{"a failed run whose error was a timeout", fmt.Errorf("%w: %w", ended(journal.StatusFailed), context.DeadlineExceeded), 1},
		{"interrupted while closing", errors.Join(withHint(interruption{os.Interrupt}, "x"), journal.ErrBroken), 130},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, exitCode(c.err))
			if c.err != nil {
				require.Equal(t, c.want, exitCode(fmt.Errorf("wrapped: %w", c.err)))
			}
		})
	}
}

// TestExitCodesListed: what help prints has a line for each code.
func TestExitCodesListed(t *testing.T) {
	codes := []int{exitOK, exitFailed, exitUsage, exitCanceled, exitNoRun, exitTimeout, exitConflict, exitStuck, exitFile, exitServer, 130, 143}
	lines := strings.Split(strings.TrimSpace(exitCodes), "\n")
	require.Len(t, lines, len(codes))
	for i, code := range codes {
		require.True(t, strings.HasPrefix(lines[i], fmt.Sprintf("%-5d", code)), "%s", lines[i])
	}
}

func TestHints(t *testing.T) {
	s := newInvocation(Program{Name: "shop"})
	s.path, s.named, s.called = "my file.db", true, "run pay"
	for _, row := range hintTable {
		t.Run(row.err.Error(), func(t *testing.T) {
			got := s.hint(fmt.Errorf("opening: %w", row.err))
			require.Equal(t, row.hint(s), got)
			if strings.Contains(got, "shop ") {
				require.Contains(t, got, "--db 'my file.db'")
			}
		})
	}
	require.Equal(t, "mine", s.hint(fmt.Errorf("x: %w", withHint(journal.ErrFull, "mine"))), "the nearest hint wins")
	require.Contains(t, s.hint(fmt.Errorf("%w: %w", journal.ErrBroken, journal.ErrDamaged)), "restore a backup")
	require.Equal(t, "shop run pay --help explains what can be given", s.hint(usagef("x")))
	require.Empty(t, s.hint(errors.New("x")))
}

// TestCommand: what people copy acts on the file that they named.
func TestCommand(t *testing.T) {
	s := newInvocation(Program{Name: "shop"})
	s.path = "x.db"
	require.Equal(t, "shop resume a/b", s.command("resume", "a/b"))
	s.named = true
	require.Equal(t, "shop resume --db x.db", s.command("resume"))
	s.path = "it's"
	require.Equal(t, `shop list --db 'it'\''s'`, s.command("list"))
	require.Equal(t, "''", shellWord(""))
}

func TestComplaint(t *testing.T) {
	s := newInvocation(Program{})
	require.Equal(t, "error: bad \\x1b[2J\nhint:  do\nhint:  this", s.complaint(withHint(errors.New("bad \x1b[2J"), "do\nthis")))
	require.Equal(t, "error: one\nerror: two\nhint:  do", s.complaint(errors.Join(errors.New("one"), withHint(errors.New("two"), "do"))))
	require.Equal(t, "error: x: one\n  two", s.complaint(fmt.Errorf("x: %w", errors.Join(errors.New("one"), errors.New("two")))))
	require.Equal(t, "interrupted\nhint:  go on", s.complaint(withHint(interruption{os.Interrupt}, "go on")))
	s.screen.style.color = true
	require.Equal(t, "\x1b[31merror:\x1b[0m x", s.complaint(errors.New("x")))
}

// TestStuckHints: what helps depends on why.
func TestStuckHints(t *testing.T) {
	for kind, want := range map[string]struct {
		code int
		hint string
	}{
		"divergence": {7, "nothing is lost: mend the code, then shop resume p1"},
		"unbound":    {7, "nothing is lost: mend the code, then shop resume p1"},
		"panic":      {7, "nothing is lost: mend the code, then shop resume p1"},
		"crash":      {7, "it took its process with it each time: look at what it does there, and at its memory; then shop resume p1 tries again"},
		"damage":     {8, "shop doctor says what else is damaged; keep a copy of the file with its -wal, then restore a backup"},
	} {
		problem, err := json.Marshal(journal.Problem{Kind: kind, Message: "x"})
		require.NoError(t, err)
		e := &endError{s: newInvocation(Program{Name: "shop"}), run: journal.Run{ID: "p1", Status: journal.StatusStuck, Problem: problem}}
		require.Equal(t, want.code, exitCode(e), kind)
		require.Equal(t, want.hint, e.Hint(), kind)
	}
}

func TestEndError(t *testing.T) {
	problem, err := json.Marshal(journal.Problem{Kind: "divergence", Message: "the code asks for something else",
		Recorded: `activity "charge"`, RecordedAt: "shop.go:30", Asked: "a timer", AskedAt: "shop.go:31"})
	require.NoError(t, err)
	for _, c := range []struct {
		status journal.Status
		data   string
		want   string
	}{
		{journal.StatusFailed, `{"error":"boom"}`, "pay p1 failed: boom"},
		{journal.StatusFailed, `garbage`, "pay p1 failed: garbage"},
		{journal.StatusCanceled, `{"error":"canceled"}`, "pay p1 was canceled"},
		{journal.StatusCanceled, `{"error":"canceled: late"}`, "pay p1 was canceled: late"},
		{journal.StatusTerminated, `"enough"`, "pay p1 was terminated: enough"},
		{journal.StatusTerminated, ``, "pay p1 was terminated"},
		{journal.StatusStuck, ``, `pay p1 is stuck: the code asks for something else; recorded: activity "charge"; recorded at shop.go:30; now: a timer; now at shop.go:31`},
	} {
		t.Run(string(c.status)+c.data, func(t *testing.T) {
			e := &endError{s: newInvocation(Program{}), data: json.RawMessage(c.data),
				run: journal.Run{Workflow: "pay", ID: "p1", Status: c.status, Problem: problem}}
			require.EqualError(t, e, c.want)
			require.Contains(t, e.Hint(), "p1")
		})
	}
}
