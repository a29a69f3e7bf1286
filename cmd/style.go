package cmd

import (
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// A paint is an ANSI colour.
type paint string

const (
	plain  paint = ""
	faint  paint = "2"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
	blue   paint = "34"
	purple paint = "35"
	cyan   paint = "36"
)

// A style is what one stream can show.
type style struct {
	color bool
	ascii bool // symbols beyond ASCII would not be shown
}

// in paints s.
func (s style) in(p paint, text string) string {
	if !s.color || p == plain || text == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}

// styleOf decides what a stream shows. when is --color: auto, always or never.
func styleOf(when string, tty bool, env func(string) string) style {
	dumb := env("TERM") == "dumb"
	return style{color: colored(when, tty && !dumb, env), ascii: dumb || !unicodeLocale(env)}
}

func colored(when string, able bool, env func(string) string) bool {
	switch {
	case when == "always":
		return true
	case when == "never", env("NO_COLOR") != "":
		return false
	case env("CLICOLOR_FORCE") != "" && env("CLICOLOR_FORCE") != "0":
		return true
	}
	return able
}

// unicodeLocale reports whether the locale is UTF-8 or not said.
func unicodeLocale(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// A look is how a status is shown.
type look struct {
	symbol, ascii string
	paint         paint
}

// looks has a row for every word that shown returns.
var looks = map[string]look{
	string(journal.StatusCompleted):  {"✓", "+", green},
	string(journal.StatusFailed):     {"✗", "x", red},
	string(journal.StatusCanceled):   {"⊘", "-", yellow},
	string(journal.StatusTerminated): {"⊘", "-", yellow},
	string(journal.StatusStuck):      {"!", "!", purple},
	string(journal.Queued):           {"·", ".", faint},
	string(journal.Running):          {"▶", ">", blue},
	string(journal.Waiting):          {"○", "o", cyan},
	string(journal.Retrying):         {"↻", "~", yellow},
	interrupted:                      {"‖", "=", yellow},
}

// statusCell is a status as symbol, word and colour.
func (s style) statusCell(word string) cell {
	l := looks[word]
	symbol := l.symbol
	if s.ascii {
		symbol = l.ascii
	}
	return cell{human: strings.TrimSpace(symbol + " " + word), plain: word, paint: l.paint}
}
