package chaos

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"base":  filepath.Base,
	"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"yes": func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	},
	"p50":     func(all []Seconds) Seconds { p, _ := Recoveries(all); return p },
	"longest": func(all []Seconds) Seconds { _, l := Recoveries(all); return l },
}).Parse(pageText))

// A pageRow is a trial with its timeline laid out. Processes that live at the same
// time have a lane each.
type pageRow struct {
	Trial
	Lanes int
	Bars  []pageBar
	Marks []pageMark
}

// Height is that of the row, in pixels.
func (r pageRow) Height() int { return 14 + 12*max(r.Lanes, 1) }

// A pageBar is the life of a process; a pageMark what happened at a moment. Left
// and Width are in percent of the trial.
type pageBar struct {
	Left, Width string
	Lane        int
	Process     int
	Killed      bool
}

type pageMark struct {
	Left  string
	Lane  int
	Kind  string
	Title string
}

func (r *Report) writeHTML(w io.Writer) error {
	data := struct {
		*Report
		Rows []pageRow
	}{Report: r}
	for _, t := range r.Trials() {
		if len(t.Timeline) > 0 {
			data.Rows = append(data.Rows, layOut(t))
		}
	}
	return page.Execute(w, data)
}

// A layout is a timeline on its way to a page.
type layout struct {
	row  pageRow
	span Seconds
	free []Seconds // by lane: from when on it is
	lane map[int]int
	from map[int]Seconds // of the processes that live
}

// forever keeps the lane of a process that lives.
const forever = Seconds(1<<63 - 1)

// layOut makes the timeline of a trial.
func layOut(t Trial) pageRow {
	l := layout{row: pageRow{Trial: t}, span: t.Took, lane: map[int]int{}, from: map[int]Seconds{}}
	for _, m := range t.Timeline {
		l.span = max(l.span, m.At)
	}
	for i := range t.Timeline {
		switch m := &t.Timeline[i]; m.What {
		case "start":
			l.begin(m)
		case "kill":
			l.mark(m)
			l.end(m.Process, m.At, true)
		case "done":
			l.mark(m)
			l.end(m.Process, m.At, false)
		default:
			l.mark(m)
		}
	}
	for process := range l.from {
		l.end(process, l.span, false)
	}
	l.row.Lanes = len(l.free)
	return l.row
}

func (l *layout) begin(m *Mark) {
	lane := slices.IndexFunc(l.free, func(from Seconds) bool { return from <= m.At })
	if lane < 0 {
		lane, l.free = len(l.free), append(l.free, 0)
	}
	l.free[lane], l.lane[m.Process], l.from[m.Process] = forever, lane, m.At
}

func (l *layout) end(process int, at Seconds, killed bool) {
	from, lives := l.from[process]
	if !lives {
		return
	}
	delete(l.from, process)
	lane := l.lane[process]
	l.free[lane] = at
	l.row.Bars = append(l.row.Bars, pageBar{l.percent(from), l.percent(at - from), lane, process, killed})
}

// mark puts a mark into the lane of its process, those of none into the first.
func (l *layout) mark(m *Mark) {
	kind := "note"
	switch m.What {
	case "kill", "stop", "continue", "signal", "resumed", "recorded", "done":
		kind = m.What
	case "full", "lock removed":
		kind = "stop"
	case "room":
		kind = "continue"
	}
	l.row.Marks = append(l.row.Marks, pageMark{l.percent(m.At), l.lane[m.Process], kind, m.title()})
}

func (l *layout) percent(at Seconds) string {
	return fmt.Sprintf("%.2f%%", 100*float64(at)/float64(max(l.span, 1)))
}

// title is what stands at a mark.
func (m *Mark) title() string {
	text := m.At.String() + "  " + m.What
	if m.Text != "" {
		text += " " + m.Text
	}
	if m.Process > 0 {
		text += fmt.Sprintf("  (process %d)", m.Process)
	}
	return text
}
