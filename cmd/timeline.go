package cmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// showText prints a run's header and its timeline: what happened, then what it
// waits for.
func (s *invocation) showText(rec *record) error {
	if _, err := io.WriteString(s.Stdout, s.header(rec)); err != nil {
		return err
	}
	var rows [][]cell
	for _, l := range rec.lines() {
		rows = append(rows, s.timelineRow(rec, l))
	}
	if len(rows) == 0 {
		return nil
	}
	return s.out.table([]string{"EVENT", "AFTER", "WHAT", "NAME", "NOTE", "WHERE"}, rows)
}

// header aligns the header's rows on a terminal; a name is not said again.
func (s *invocation) header(rec *record) string {
	var b strings.Builder
	before := ""
	for _, row := range s.headerRows(rec) {
		name, value := row[0], row[1]
		switch {
		case !s.out.tty:
			fmt.Fprintf(&b, "%s\t%s\n", name, value)
			continue
		case name == before:
			name = ""
		}
		before = row[0]
		lines := []string{value}
		if room := s.out.width(); room > 2*headerIndent && !strings.Contains(value, "\x1b") {
			lines = wrap(value, room-headerIndent)
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "%-*s%s\n", headerIndent, name, l)
			name = ""
		}
	}
	return b.String() + "\n"
}

const headerIndent = 13

// headerRows are the facts about the whole run. Empty ones are left out.
func (s *invocation) headerRows(rec *record) (rows [][2]string) {
	run := rec.run
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, [2]string{name, value})
		}
	}
	add("workflow", clean(run.Workflow))
	add("id", clean(run.ID))
	if run.ID != run.ULID {
		add("ulid", run.ULID)
	}
	status := s.out.style.statusCell(rec.status)
	if s.out.tty {
		status.plain = status.human
	}
	add("status", s.out.style.in(status.paint, status.plain))
	add("created", s.moment(run.Created))
	add("ended", s.moment(run.Ended))
	if !run.Ended.IsZero() {
		add("took", span(run.Ended.Sub(run.Created)))
	}
	add("parent", rec.parent)
	add("events", fmt.Sprint(run.LastSeq))
	if run.Crashes > 0 {
		add("crashes", fmt.Sprint(run.Crashes))
	}
	if run.Status.Closed() {
		add("unread", inboxText(rec.unread()))
	} else {
		add("inbox", inboxText(rec.inbox))
	}
	if rec.damage != nil {
		add("damage", s.out.style.in(red, clean(rec.damage.Error())))
	}
	add("input", s.payload1(rec.state.Input))
	switch run.Status {
	case journal.StatusCompleted:
		add("result", s.payload1(rec.state.Data))
	case journal.StatusStuck:
		for _, row := range problemRows(run.Problem) {
			add(row[0], clean(row[1]))
		}
	case journal.StatusFailed, journal.StatusCanceled, journal.StatusTerminated:
		add("reason", clean((&endError{run: run, data: rec.state.Data, cancel: rec.state.Cancel}).reason()))
		for _, row := range failureRows(rec.state.Data) {
			add(row[0], clean(row[1]))
		}
	}
	return rows
}

// inboxText names the messages that wait, or, once the run has ended, stayed
// unread.
func inboxText(inbox []journal.Message) string {
	var parts []string
	for _, m := range inbox {
		name := string(m.Kind)
		if m.Name != "" {
			name = clean(m.Name)
		}
		if m.By != "" {
			name += " " + by(m.By, m.Verified)
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

// payload1 is a payload in one line, cut on a terminal.
func (s *invocation) payload1(raw []byte) string {
	text := clean(string(raw))
	if s.out.tty {
		return cut(text, 100)
	}
	return text
}

func (s *invocation) moment(t time.Time) string {
	if s.out.tty && !t.IsZero() {
		return t.Local().Format("2006-01-02 15:04:05") + "  (" + ago(time.Since(t)) + " ago)"
	}
	return stamp(t)
}

// lines are what happened to the run, what was given up or came to nothing, and
// then what is pending.
func (rec *record) lines() (lines []line) {
	givenUp := map[int64][]*journal.Operation{} // by the event that did so
	closed := rec.state.Status.Closed()
	for i := range rec.state.Operations {
		if op := &rec.state.Operations[i]; op.Answer == 0 && op.GivenUp != 0 && (closed || !op.Waits) {
			givenUp[op.GivenUp] = append(givenUp[op.GivenUp], op)
		}
	}
	state := journal.NewState()
	for i := range rec.events {
		e := &rec.events[i]
		if state.Apply(e) != nil {
			break // said in the end
		}
		if l, ok := explain(e, state, rec.details.Crashes); ok {
			lines = append(lines, l)
		}
		for _, op := range givenUp[e.Seq] {
			lines = append(lines, rec.forsaken(op, e.Seq, e.At))
		}
	}
	for i := range rec.state.Operations {
		op := &rec.state.Operations[i]
		switch {
		case op.Pending() && !closed:
			lines = append(lines, rec.pending(op))
		case op.Answer == 0 && op.GivenUp == 0:
			lines = append(lines, rec.forsaken(op, rec.state.Seq, rec.state.At))
		}
	}
	return lines
}

// forsaken is a line about an operation whose answer nobody waited for to the
// end: it was given up, or the run ended first.
func (rec *record) forsaken(op *journal.Operation, event int64, at time.Time) line {
	l := line{Seq: event, At: at, Word: "canceled", Name: title(op), Where: clean(op.Command.Where), paint: yellow}
	cancel := rec.state.Cancel
	switch {
	case op.GivenUp == 0 && rec.state.Status == journal.StatusCompleted:
		l.Word, l.Note, l.paint = "dropped", "not needed: the run was complete", faint
	case op.GivenUp == 0:
		l.Word, l.Note = "dropped", "the run ended first: "+string(rec.state.Status)
	case op.Waits:
		l.Note = "the run ended before its answer"
	case cancel == nil || op.GivenUp < cancel.Event:
		l.Note, l.paint = "not needed any more", faint
	}
	return l
}

// pending is a line about an operation that the run waits for.
func (rec *record) pending(op *journal.Operation) line {
	l := line{Seq: op.Event, At: op.At, Word: "run", Name: title(op), Where: clean(op.Command.Where), paint: blue}
	switch {
	case op.Work() && len(op.Failed) > 0:
		l.Word, l.paint, l.Note = "retry", yellow, fmt.Sprintf("attempt %d at %s", len(op.Failed)+1, stamp(op.Due))
	case op.GivenUp != 0:
		l.Note = "canceled: its answer is waited for"
	case op.Work():
		l.Note = progress(rec.details.Progress[op.Command.Op])
	case op.Command.Kind == journal.StartTimer:
		l.Word, l.paint, l.Name, l.Note = "sleep", cyan, exact(op.Command.For), "until "+stamp(op.Due)
	default:
		l.Word, l.paint = "wait", cyan
	}
	return l
}

func (s *invocation) timelineRow(rec *record, l line) []cell {
	after := ""
	if !rec.state.Started.IsZero() {
		after = tenths(max(l.At.Sub(rec.state.Started), 0))
	}
	word := same(l.Word)
	word.paint = l.paint
	return []cell{
		same(fmt.Sprint(l.Seq)), {human: after, plain: stamp(l.At)}, word,
		{human: cut(l.Name, 40), plain: l.Name}, {human: cut(l.Note, 400), plain: l.Note, fit: fitWrap},
		{human: l.Where, plain: l.Where, paint: faint, fit: fitEnd},
	}
}
