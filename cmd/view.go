package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A view shows one run on the screen while it goes on: a line for each thing
// that happened and, on a terminal, a last line that says what the run waits for
// and is drawn again every second. Elsewhere the waiting is one plain line.
type view struct {
	screen  *screen
	out     io.Writer // where the lines go; nil: to the screen
	state   *journal.State
	signals []string // that the workflow declares
	crashes []journal.Crash
	beats   func() (map[int64]json.RawMessage, error) // the last heartbeat of each step under way; nil: none are shown
	beat    map[int64]json.RawMessage                 // what it said last
	open    bool
	said    string // the last plain line about waiting
	now     func() time.Time
}

func newView(s *invocation, b *host.Binding) *view {
	return &view{screen: s.screen, state: journal.NewState(), signals: declared(b, false), now: time.Now}
}

// skip takes events in without showing them: they happened before.
func (v *view) skip(events []journal.Event) error {
	for i := range events {
		if err := v.state.Apply(&events[i]); err != nil {
			return fmt.Errorf("%w: %w", journal.ErrDamaged, err)
		}
	}
	return nil
}

// see shows what is new.
func (v *view) see(news sight) error {
	v.screen.Status("")
	for i := range news.events {
		if err := v.skip(news.events[i : i+1]); err != nil {
			return err
		}
		if l, ok := explain(&news.events[i], v.state, v.crashes); ok {
			v.line(v.format(l))
		}
	}
	v.open = news.run.Status == journal.StatusOpen
	now := v.now()
	if l, ok := v.waiting(now); ok && l.Word == "run" {
		return nil // most steps are over before anybody has read about them
	}
	return v.tick(now)
}

// line prints what stays.
func (v *view) line(text string) {
	if v.out == nil {
		v.screen.Line(text)
		return
	}
	v.screen.Status("")
	fmt.Fprintln(v.out, text)
}

// tick says what the run waits for now.
func (v *view) tick(now time.Time) (err error) {
	if v.beats != nil && v.screen.live && v.open && v.state.Phase() == journal.Running {
		if v.beat, err = v.beats(); err != nil {
			return err
		}
	}
	l, ok := v.waiting(now)
	if !v.open || !ok {
		v.screen.Status("")
		return nil
	}
	if v.screen.live {
		v.screen.Status(v.format(l))
	} else if text := l.Word + l.Name; l.Word != "run" && text != v.said {
		v.said = text
		v.screen.Line(v.format(l))
	}
	return nil
}

// format aligns a line: when, what, which, more.
func (v *view) format(l line) string {
	at := ""
	if !l.At.IsZero() && !v.state.Started.IsZero() {
		at = tenths(max(l.At.Sub(v.state.Started), 0))
	}
	word := fmt.Sprintf("%-6s", l.Word)
	text := fmt.Sprintf("%7s  %s %s %s", at, v.screen.style.in(l.paint, word), pad(cut(l.Name, 40), 16), l.Note)
	return strings.TrimRight(text, " ")
}

// waiting is a line about the operation that matters most: a step under way,
// else the next attempt, else the earliest timer, else a child.
func (v *view) waiting(now time.Time) (line, bool) {
	var work, retry, timer, child *journal.Operation
	pending := 0
	for i := range v.state.Operations {
		op := &v.state.Operations[i]
		if !op.Pending() {
			continue
		}
		pending++
		switch {
		case op.Work() && !op.Due.After(now):
			work = first(work, op)
		case op.Work():
			retry = sooner(retry, op)
		case op.Command.Kind == journal.StartTimer:
			timer = sooner(timer, op)
		default:
			child = first(child, op)
		}
	}
	l, ok := v.about(work, retry, timer, child, now)
	if pending > 1 {
		l.Note += fmt.Sprintf("  (and %d more)", pending-1)
	}
	return l, ok
}

func (v *view) about(work, retry, timer, child *journal.Operation, now time.Time) (line, bool) {
	switch {
	case work != nil:
		return line{At: work.At, Word: "run", Name: title(work), paint: blue,
			Note: strings.TrimSpace(tenths(now.Sub(work.At)) + "  " + progress(v.beat[work.Command.Op]))}, true
	case retry != nil:
		return line{At: retry.At, Word: "retry", Name: title(retry), paint: yellow,
			Note: fmt.Sprintf("attempt %d %s", len(retry.Failed)+1, v.left(retry.Due, now))}, true
	case timer != nil && len(v.signals) > 0:
		return line{At: timer.At, Word: "wait", Name: strings.Join(v.signals, ", "), Note: v.left(timer.Due, now), paint: cyan}, true
	case timer != nil:
		return line{At: timer.At, Word: "sleep", Name: exact(timer.Command.For), Note: v.left(timer.Due, now), paint: cyan}, true
	case child != nil:
		return line{At: child.At, Word: "wait", Name: title(child), paint: cyan}, true
	case v.state.Seq > 0 && len(v.signals) > 0:
		return line{At: v.state.At, Word: "wait", Name: strings.Join(v.signals, ", "), paint: cyan}, true
	}
	return line{}, false
}

// left is the time until due, on a terminal; elsewhere, where it would not be
// redrawn, the moment itself.
func (v *view) left(due, now time.Time) string {
	if !v.screen.live {
		return "until " + stamp(due.Truncate(time.Millisecond))
	}
	return tenths(max(due.Sub(now), 0)) + " left"
}

func first(a, b *journal.Operation) *journal.Operation {
	if a != nil {
		return a
	}
	return b
}

func sooner(a, b *journal.Operation) *journal.Operation {
	if a != nil && !b.Due.Before(a.Due) {
		return a
	}
	return b
}
