package chaos

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
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

// A pageRow is a trial with its timeline laid out.
type pageRow struct {
	Trial
	Bars  []pageBar
	Marks []pageMark
}

// A pageBar is the life of a process; a pageMark what happened at a moment. Left
// and Width are in percent of the trial.
type pageBar struct {
	Left, Width string
	Process     int
	Killed      bool
}

type pageMark struct {
	Left, Kind, Title string
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

// layOut makes the timeline of a trial.
func layOut(t Trial) pageRow {
	row := pageRow{Trial: t}
	span := t.Took
	for _, m := range t.Timeline {
		span = max(span, m.At)
	}
	left := func(at Seconds) string {
		if span <= 0 {
			return "0%"
		}
		return fmt.Sprintf("%.2f%%", 100*float64(at)/float64(span))
	}
	began := map[int]Seconds{}
	end := func(process int, at Seconds, killed bool) {
		from, ok := began[process]
		if !ok {
			return
		}
		delete(began, process)
		row.Bars = append(row.Bars, pageBar{Left: left(from), Width: left(at - from), Process: process, Killed: killed})
	}
	for _, m := range t.Timeline {
		kind := "note"
		switch m.What {
		case "start":
			began[m.Process] = m.At
			continue
		case "kill":
			kind = "kill"
			end(m.Process, m.At, true)
		case "stop", "continue", "signal", "resumed", "recorded":
			kind = m.What
		case "done":
			kind = "done"
		}
		row.Marks = append(row.Marks, pageMark{left(m.At), kind, m.title()})
	}
	for process := range began {
		end(process, span, false)
	}
	return row
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
