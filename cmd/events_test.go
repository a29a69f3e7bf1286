package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestEventsOnTerminal: one a line, with who sent them.
func TestEventsOnTerminal(t *testing.T) {
	var h history
	h.add(0, journal.Started, 0, "", `{"n":1}`, journal.Note{Message: 1}, activity(1, "pay"), timer(2, 0, 10))
	h.add(1, journal.AttemptFailed, 1, "pay", `{"error":"no"}`, journal.Note{Attempt: 1, Due: after(5)})
	h.add(2, journal.CancelRequested, 0, "", `"`+strings.Repeat("long ", 50)+`"`, journal.Note{By: "ada\x1b", Key: "k"})
	var b bytes.Buffer
	s := newInvocation(Program{})
	s.out = &printer{w: &b, tty: true, format: formatText, width: func() int { return 120 }}
	require.NoError(t, s.showEvents(h))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	require.Len(t, lines, 4)
	for _, l := range lines {
		require.LessOrEqual(t, columnsIn(l), 120)
	}
	require.Contains(t, lines[1], "activity pay, timer 10s")
	require.Contains(t, lines[2], "attempt 1")
	require.True(t, strings.HasSuffix(lines[3], `by ada\x1b, key k`), lines[3])
}
