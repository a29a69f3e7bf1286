package cmd

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidth(t *testing.T) {
	require.Equal(t, 4, columnsIn("aä日"))
	require.Equal(t, 1, columnsIn("e\u0301"), "an accent of its own takes none")
	require.Equal(t, "日  ", pad("日", 4))
	require.Equal(t, "long", pad("long", 2))

	require.Equal(t, "short", cut("short", 5))
	require.Equal(t, "shor…", cut("shorter", 5))
	require.Equal(t, "日…", cut("日本語", 4))
	require.Equal(t, "…rter", cutFront("shorter", 5))
	require.Equal(t, "short", cutFront("short", 5))
	require.Equal(t, "…語", cutFront("日本語", 4))

	require.Equal(t, []string{""}, wrap("", 5))
	require.Equal(t, []string{"one two", "three"}, wrap("one two three", 8))
	require.Equal(t, []string{"one two", "three"}, wrap("one two three", 7))
	require.Equal(t, []string{"abcde", "fgh"}, wrap("abcdefgh", 5))
	require.Equal(t, []string{"日本"}, wrap("日本", 1), "nothing fits")

	const painted = "a \x1b[31mred\x1b[0m line"
	require.Equal(t, painted, cutPainted(painted, 20))
	require.Equal(t, "a \x1b[31mr…\x1b[0m", cutPainted(painted, 4))
	require.Equal(t, "a \x1b[31mred\x1b[0m l…", cutPainted(painted, 8)[:len("a \x1b[31mred\x1b[0m l…")])
}

func TestWidthOf(t *testing.T) {
	require.Zero(t, widthOf(new(bytes.Buffer), os.Getenv)())
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	require.Zero(t, widthOf(null, func(string) string { return "80" })(), "no terminal")
	require.Zero(t, columnsOf(null))
}

// TestTableFits: the widest columns give way, and nothing is wider than the
// terminal.
func TestTableFits(t *testing.T) {
	var b bytes.Buffer
	p := &printer{w: &b, tty: true, width: func() int { return 40 }}
	require.NoError(t, p.table([]string{"ID", "NOTE", "WHERE"}, [][]cell{
		{same("one"), wrapped("a note of several words that do not fit"), {human: "examples/approval.go:47", fit: fitEnd}},
		{same("two"), same(""), same("")},
	}))
	require.Equal(t, strings.Join([]string{
		"ID   NOTE              WHERE",
		"one  a note of         …s/approval.go:47",
		"     several words",
		"     that do not fit",
		"two",
	}, "\n")+"\n", b.String())

	b.Reset()
	p.width = func() int { return 0 }
	require.NoError(t, p.table([]string{"A", "B"}, [][]cell{{same("x"), wrapped(strings.Repeat("y ", 60))}}))
	require.Equal(t, 2, strings.Count(b.String(), "\n"), "a width that is not known wraps nothing")
}
