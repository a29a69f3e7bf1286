package cmd

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// widthOf returns a function that says how many columns a terminal has: what
// COLUMNS says, else what the terminal itself says; 0 if w is none, or does not
// tell.
func widthOf(w io.Writer, env func(string) string) func() int {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(w) {
		return func() int { return 0 }
	}
	if n, err := strconv.Atoi(env("COLUMNS")); err == nil && n > 0 {
		return func() int { return n }
	}
	return func() int { return columnsOf(f) }
}

// wide are the characters that take two columns: those of East Asia, and
// pictures.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1},
		{0xfe30, 0xfe6f, 1}, {0xff01, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

// runeWidth is how many columns r takes.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// columnsIn is how many columns a text takes that has no control characters.
func columnsIn(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// pad fills s up with spaces.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(columns-columnsIn(s), 0))
}

// fitting is the longest beginning of s that takes at most that many columns.
func fitting(s string, columns int) string {
	for i, r := range s {
		if columns -= runeWidth(r); columns < 0 {
			return s[:i]
		}
	}
	return s
}

// cut shortens s to at most that many columns.
func cut(s string, columns int) string {
	if columnsIn(s) <= columns {
		return s
	}
	return fitting(s, columns-1) + "…"
}

// cutFront is cut, but keeps the end.
func cutFront(s string, columns int) string {
	n := columnsIn(s)
	if n <= columns {
		return s
	}
	for i, r := range s {
		if n < columns {
			return "…" + s[i:]
		}
		n -= runeWidth(r)
	}
	return "…"
}

// wrap breaks s into lines of at most that many columns, at spaces where there
// are some.
func wrap(s string, columns int) (lines []string) {
	for columnsIn(s) > columns {
		head := fitting(s, columns)
		if head == "" {
			break // not even one character fits
		}
		if i := strings.LastIndexByte(s[:min(len(head)+1, len(s))], ' '); i > len(head)/3 {
			head = s[:i]
		}
		lines = append(lines, strings.TrimRight(head, " "))
		s = strings.TrimLeft(s[len(head):], " ")
	}
	return append(lines, s)
}

// cutPainted is cut for a line that holds colours, which take no columns.
func cutPainted(s string, columns int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if end := strings.IndexByte(s[i:], 'm'); s[i] == '\x1b' && end > 0 {
			b.WriteString(s[i : i+end+1])
			i += end + 1
			continue
		}
		next := strings.IndexByte(s[i:], '\x1b')
		if next < 0 {
			next = len(s) - i
		}
		part := cut(s[i:i+next], max(columns, 0))
		if columns > 0 {
			b.WriteString(part)
		}
		if columns -= columnsIn(s[i : i+next]); columns < 0 {
			columns = 0
		}
		i += next
	}
	return b.String()
}
