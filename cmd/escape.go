package cmd

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a text that others wrote safe to print: control characters (and
// with them ANSI sequences), bidirectional controls, invisible characters and
// invalid UTF-8 become visible escapes. It stays on one line.
func clean(s string) string {
	if !dirty(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case !harmful(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// cleanJSON does the same for a JSON document: its strings are escaped in JSON's
// own way, so that it still means the same.
func cleanJSON(raw []byte) []byte {
	if !dirty(string(raw)) {
		return raw
	}
	out := make([]byte, 0, len(raw)+16)
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case r == '\n' || r == '\t' || r == '\r': // between values; within a string JSON forbids them
			out = append(out, byte(r))
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case !harmful(r):
			out = append(out, raw[i:i+size]...)
		case r > 0xffff:
			hi, lo := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

func dirty(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, harmful)
}

// harmful reports whether r could move the cursor, change what stands beside it,
// or hide. unicode.IsPrint knows controls, format characters (bidi, zero width)
// and separators other than the space.
func harmful(r rune) bool { return !unicode.IsPrint(r) }

// quote is clean in quotation marks, for messages.
func quote(s string) string { return `"` + clean(s) + `"` }
