package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStyle(t *testing.T) {
	for _, c := range []struct {
		name  string
		when  string
		tty   bool
		env   map[string]string
		color bool
		ascii bool
	}{
		{"terminal", "auto", true, nil, true, false},
		{"pipe", "auto", false, nil, false, false},
		{"dumb terminal", "auto", true, map[string]string{"TERM": "dumb"}, false, true},
		{"forbidden", "auto", true, map[string]string{"NO_COLOR": "1"}, false, false},
		{"forced", "auto", false, map[string]string{"CLICOLOR_FORCE": "1"}, true, false},
		{"not forced", "auto", false, map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"both", "auto", true, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false, false},
		{"the flag wins", "always", false, map[string]string{"NO_COLOR": "1"}, true, false},
		{"the flag forbids", "never", true, map[string]string{"CLICOLOR_FORCE": "1"}, false, false},
		{"another charset", "auto", true, map[string]string{"LANG": "de_DE.ISO-8859-1"}, true, true},
		{"the C locale", "auto", true, map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, true, true},
		{"UTF-8", "auto", true, map[string]string{"LANG": "en_US.utf8"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := styleOf(c.when, c.tty, func(name string) string { return c.env[name] })
			require.Equal(t, style{color: c.color, ascii: c.ascii}, got)
		})
	}
}

func TestPaint(t *testing.T) {
	require.Equal(t, "\x1b[31mx\x1b[0m", style{color: true}.in(red, "x"))
	require.Equal(t, "x", style{}.in(red, "x"))
	require.Equal(t, "x", style{color: true}.in(plain, "x"))
	require.Empty(t, style{color: true}.in(red, ""))
}

// TestLooks: every status that can be shown has a symbol, a word and a colour.
func TestLooks(t *testing.T) {
	for _, word := range statuses {
		t.Run(word, func(t *testing.T) {
			require.Contains(t, looks, word)
			require.Equal(t, word, style{}.statusCell(word).plain)
			require.Contains(t, style{}.statusCell(word).human, word)
			for _, r := range (style{ascii: true}).statusCell(word).human {
				require.Less(t, r, rune(0x80))
			}
		})
	}
	require.Equal(t, "✓ completed", style{}.statusCell("completed").human)
}
