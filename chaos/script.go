package chaos

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// A Line of a script is one signal that a workflow on trial is sent. It goes into
// the run's inbox with a key, so it counts once however often it is sent, and
// also while no process is alive.
type Line struct {
	Number  int             // in the script, from 1
	After   time.Duration   // when it is sent: so long after the start,
	Event   int64           // or as soon as the history has that many events, if this is not 0
	Signal  string          // its name
	Text    string          // what is behind it on the line
	Payload json.RawMessage // what is sent: Text if that is JSON, else Text as a JSON string; nil if there is none
}

// A ScriptError is a line that cannot be read.
type ScriptError struct {
	Line   int
	Reason string
}

func (e *ScriptError) Error() string { return fmt.Sprintf("script, line %d: %s", e.Line, e.Reason) }

// Hint shows what a line looks like.
func (e *ScriptError) Hint() string {
	return "a line is a time or @ and the number of an event, a signal, perhaps its payload: @2 approve looks good"
}

// ParseScript reads a script: one signal a line, in any order. Empty lines and
// those that begin with # are left out.
//
//	# so long after the start, as run's durations are written
//	1.5s  approve  {"note": "looks good"}
//	# as soon as event 2 is in the history; text is a payload, too
//	@2    approve  looks good
func ParseScript(text string) ([]Line, error) {
	var lines []Line
	number := 0
	for raw := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		raw = strings.TrimSpace(raw)
		if raw == "" || raw[0] == '#' {
			continue
		}
		l, err := parseLine(raw)
		if err != nil {
			return nil, &ScriptError{Line: number, Reason: err.Error()}
		}
		l.Number = number
		lines = append(lines, l)
	}
	return lines, nil
}

func parseLine(text string) (l Line, err error) {
	when, rest := firstWord(text)
	if l.Signal, l.Text = firstWord(rest); l.Signal == "" {
		return l, fmt.Errorf("%q names no signal", text)
	}
	if l.Text != "" {
		if l.Payload = json.RawMessage(l.Text); !json.Valid(l.Payload) {
			l.Payload, _ = json.Marshal(l.Text) // a string
		}
	}
	if event, ok := strings.CutPrefix(when, "@"); ok {
		if l.Event, err = strconv.ParseInt(event, 10, 64); err != nil || l.Event < 1 {
			return l, fmt.Errorf("%q is not @ and the number of an event, from 1", when)
		}
		return l, nil
	}
	d, err := runner.ParseDuration(when)
	if err != nil || d < 0 {
		return l, fmt.Errorf("%q is neither a time since the start (10, 1.5s, 2m) nor @ and the number of an event", when)
	}
	l.After = time.Duration(d)
	return l, nil
}

// firstWord splits text at the first blanks.
func firstWord(text string) (first, rest string) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimLeft(text[i:], " \t")
}

// key makes a repeated send harmless.
func (l *Line) key() string { return fmt.Sprintf("chaos-%d", l.Number) }
