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
	var b strings.Builder
	for _, row := range s.headerRows(rec) {
		if s.out.tty {
			fmt.Fprintf(&b, "%-10s%s\n", row[0], row[1])
		} else {
			fmt.Fprintf(&b, "%s\t%s\n", row[0], row[1])
		}
	}
	b.WriteByte('\n')
	var rows [][]cell
	for _, l := range rec.lines() {
		rows = append(rows, s.timelineRow(rec, l))
	}
	if _, err := io.WriteString(s.Stdout, b.String()); err != nil || len(rows) == 0 {
		return err
	}
	return s.out.table([]string{"EVENT", "AFTER", "WHAT", "NAME", "NOTE", "WHERE"}, rows)
}

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
		add("status", s.out.style.in(status.paint, status.human))
	} else {
		add("status", status.plain)
	}
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
	case journal.StatusFailed, journal.StatusCanceled, journal.StatusTerminated, journal.StatusStuck:
		add("reason", clean((&endError{run: run, data: rec.state.Data, cancel: rec.state.Cancel}).reason()))
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

// lines are what happened to the run, and then what is pending.
func (rec *record) lines() (lines []line) {
	state := journal.NewState()
	for i := range rec.events {
		if state.Apply(&rec.events[i]) != nil {
			break // said in the end
		}
		if l, ok := explain(&rec.events[i], state, rec.details.Crashes); ok {
			lines = append(lines, l)
		}
	}
	if state.Status.Closed() {
		return lines
	}
	for i := range state.Operations {
		op := &state.Operations[i]
		if !op.Pending() {
			continue
		}
		l := line{Seq: op.Event, At: op.At, Word: "run", Name: title(op), Where: clean(op.Command.Where), paint: blue}
		switch {
		case op.Work() && len(op.Failed) > 0:
			l.Word, l.paint, l.Note = "retry", yellow, fmt.Sprintf("attempt %d at %s", len(op.Failed)+1, stamp(op.Due))
		case op.Work():
			l.Note = brief(rec.details.Progress[op.Command.Op])
		case op.Command.Kind == journal.StartTimer:
			l.Word, l.paint, l.Name, l.Note = "sleep", cyan, exact(op.Command.For), "until "+stamp(op.Due)
		default:
			l.Word, l.paint = "wait", cyan
		}
		lines = append(lines, l)
	}
	return lines
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
		{human: cut(l.Name, 40), plain: l.Name}, {human: l.Note, plain: l.Note}, {human: l.Where, plain: l.Where, paint: faint},
	}
}
