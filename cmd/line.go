package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A line is one thing that happened to a run, as people read it:
//
//	10.0s  done   sleep 10s        3.0s before the crash, 4.0s down, 3.0s after
type line struct {
	Seq   int64
	At    time.Time
	Word  string // done, failed, retry, signal, cancel, ended
	Name  string
	Note  string
	Where string // file:line of the call that asked for it
	paint paint
}

// explain turns an event, which has just been applied to state, into the line
// about it. A run's start has none.
func explain(e *journal.Event, state *journal.State, crashes []journal.Crash) (line, bool) {
	l := line{Seq: e.Seq, At: e.At, Name: clean(e.Name)}
	note := e.Facts()
	op := state.Op(e.Op)
	if op != nil {
		l.Name, l.Where = title(op), clean(op.Command.Where)
	}
	switch e.Kind {
	case journal.ActivityCompleted, journal.ChildCompleted:
		l.Word, l.paint, l.Note = "done", green, taken(op)
	case journal.ActivityFailed, journal.ChildFailed:
		l.Word, l.paint, l.Note = "failed", red, clean(failureText(e.Data))+tries(op)
	case journal.AttemptFailed:
		l.Word, l.paint = "retry", yellow
		l.Note = fmt.Sprintf("attempt %d: %s; next in %s", note.Attempt, clean(failureText(e.Data)), span(note.Due.Sub(e.At)))
	case journal.TimerFired:
		l.Word, l.paint, l.Note = "done", green, interruptions(op, e.At, crashes)
	case journal.SignalReceived:
		l.Word, l.paint, l.Note = "signal", cyan, join(by(note.By, note.Verified), brief(e.Data))
	case journal.CancelRequested:
		l.Word, l.paint, l.Name, l.Note = "cancel", yellow, "requested", join(by(note.By, note.Verified), clean(reasonText(e.Data)))
	case journal.Terminated:
		l.Word, l.paint, l.Name, l.Note = "ended", yellow, "terminated", join(by(note.By, note.Verified), clean(reasonText(e.Data)))
	default:
		return line{}, false
	}
	return l, true
}

// title is what an operation is called.
func title(op *journal.Operation) string {
	switch op.Command.Kind {
	case journal.StartTimer:
		return "sleep " + exact(op.Command.For)
	case journal.StartChild:
		return "child " + clean(op.Command.Name)
	}
	return clean(op.Command.Name)
}

// taken is how long the last attempt of a step took, and how many there were.
func taken(op *journal.Operation) string {
	if op == nil {
		return ""
	}
	began := op.Began
	if began.IsZero() {
		began = op.At
	}
	return span(max(op.Ended.Sub(began), 0)) + tries(op)
}

func tries(op *journal.Operation) string {
	if op == nil || op.Attempts < 2 {
		return ""
	}
	return fmt.Sprintf(", attempt %d", op.Attempts)
}

// interruptions says what crashes did to a sleep: "about 3s before the crash, 4s
// down, 3.0s after". The last sign of a process that died is up to a second
// older than its death.
func interruptions(op *journal.Operation, fired time.Time, crashes []journal.Crash) string {
	var within []journal.Crash
	var down time.Duration
	known := true
	for _, c := range crashes {
		if op != nil && c.Seq >= op.Event && c.Back.After(op.At) && !c.Back.After(fired) {
			within = append(within, c)
			down += c.Back.Sub(c.Died)
			known = known && !c.Died.IsZero()
		}
	}
	switch {
	case len(within) == 0:
		return ""
	case len(within) > 1 && !known:
		return count(len(within), "crash")
	case len(within) > 1:
		return fmt.Sprintf("%s, %s down in all", count(len(within), "crash"), about(down))
	}
	c := within[0]
	after := span(max(fired.Sub(c.Back), 0)) + " after"
	if !known {
		return "a crash, when is not known, " + after
	}
	return fmt.Sprintf("%s before the crash, %s down, %s", about(c.Died.Sub(op.At)), about(down), after)
}

// by names a sender, and says so if the name is more than a claim.
func by(name string, verified bool) string {
	switch {
	case name == "":
		return ""
	case verified:
		return "by " + clean(name) + " (verified)"
	}
	return "by " + clean(name)
}

// brief is a payload in at most 40 characters, for people.
func brief(data json.RawMessage) string {
	s := clean(string(data))
	if s == "null" || s == "{}" || s == `""` {
		return ""
	}
	return cut(s, 40)
}

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ": ")
}
