package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed139febb4/durable/chaos"
)

// chaosReport prints what chaos found: the table on standard output, the rest
// beside it.
func (s *invocation) chaosReport(r *chaos.Report) error {
	var err error
	switch {
	case s.out.format == formatJSON:
		err = s.out.JSON(r)
	case r.Workflow != "":
		err = s.boundaries(r)
	default:
		err = s.scenarios(r)
	}
	if err != nil {
		return err
	}
	for _, t := range r.Trials() {
		for _, p := range t.Problems {
			s.screen.Line(s.screen.style.in(looks[verdictLook(t.Verdict)].paint, string(t.Verdict)+": ") + clean(t.Name) + ": " + clean(p))
		}
	}
	switch {
	case !r.Compared():
		s.screen.Line("the result was not compared: as a whole it differs between undisturbed runs")
	case len(r.Masked) > 0:
		s.screen.Line("not compared, since it differs between undisturbed runs: " + clean(strings.Join(r.Masked, ", ")))
	}
	for _, note := range r.Notes {
		s.screen.Line("note: " + clean(note))
	}
	for _, o := range r.Scenarios {
		for _, note := range o.Notes {
			s.screen.Line(o.Scenario + ": " + clean(note))
		}
	}
	s.advise(r.Repeats())
	s.screen.Line(r.Summary())
	s.screen.Line(fmt.Sprintf("seed %d: %s", r.Seed, clean(r.Command)))
	return nil
}

// advise says what the steps that ran again need.
func (s *invocation) advise(repeats []chaos.Repeat) {
	if len(repeats) == 0 {
		return
	}
	s.screen.Line("These steps ran again after a kill, since their outcome was not recorded yet (at least once):")
	for _, a := range repeats {
		line := fmt.Sprintf("  %s in %s", clean(a.Name), count(a.Trials, "trial"))
		if a.Where != "" {
			line = fmt.Sprintf("  %s (%s) in %s", clean(a.Name), clean(a.Where), count(a.Trials, "trial"))
		}
		if a.Differs > 0 {
			line += s.screen.style.in(red, fmt.Sprintf(", and in %d the result came out different: it is not safe to run again", a.Differs))
		}
		s.screen.Line(line)
	}
	s.screen.Line("Each must bear that. Give the far side runner.IdempotencyKey(ctx), which is the same then; or, if the\n" +
		"effect can be rows in the journal's file, make the step a runner.Tx: that happens exactly once.")
}

func verdictLook(v chaos.Verdict) string {
	return map[chaos.Verdict]string{chaos.Pass: "completed", chaos.Fail: "failed", chaos.Skip: "canceled"}[v]
}

// verdict is one in a table.
func (s *invocation) verdict(v chaos.Verdict) cell {
	l := looks[verdictLook(v)]
	symbol := l.symbol
	if s.out.style.ascii {
		symbol = l.ascii
	}
	return cell{human: symbol + " " + string(v), plain: string(v), paint: l.paint}
}

func (s *invocation) scenarios(r *chaos.Report) error {
	header := []string{"SCENARIO", "KILLS", "RUNS", "LOST", "RUN TWICE", "RECOVERY P50", "MAX", "VERDICT"}
	return list(s.out, r.Scenarios, header, func(o chaos.Outcome) []cell {
		p50, longest := chaos.Recoveries(o.Recovery)
		return []cell{same(o.Scenario), number(o.Kills), number(o.Runs), number(o.Lost), number(o.Twice),
			seconds(p50), seconds(longest), s.verdict(o.Verdict)}
	})
}

// windows are what a terminal has room for.
var windows = map[chaos.Window]string{
	chaos.BeforeAppend: "before append", chaos.BeforeEffects: "after append",
	chaos.InsideCall: "called", chaos.AtHeartbeat: "heartbeat", chaos.AfterCall: "returned",
	chaos.InsideStep: "begun", chaos.AfterStep: "returned", chaos.BeforeCommit: "before commit", chaos.AfterCommit: "after commit",
	chaos.Recovering: "recovering",
}

// A trialJSON is a row of the table of a workflow, in JSON lines.
type trialJSON struct {
	First *int `json:"first,omitempty"`
	chaos.Boundary
}

func (s *invocation) boundaries(r *chaos.Report) error {
	var rows []trialJSON
	for _, b := range r.Boundaries {
		rows = append(rows, trialJSON{nil, b})
	}
	for _, p := range r.Pairs {
		rows = append(rows, trialJSON{&p.First, p.Boundary})
	}
	header := []string{"EVENT", "KIND", "NAME", "SOURCE", "KILLED", "RECOVERED", "AGAIN", "EQUAL", "VERDICT"}
	return list(s.out, rows, header, func(b trialJSON) []cell {
		equal := same(yesNo(b.Equal))
		if !b.Survived || !r.Compared() {
			equal = same("-")
		}
		window := cell{human: windows[b.Window], plain: string(b.Window)}
		if b.First != nil {
			first := &r.Boundaries[*b.First]
			window.human = fmt.Sprintf("%d %s, %s", first.Event, windows[first.Window], window.human)
			window.plain = fmt.Sprintf("event %d %s, then %s", first.Event, first.Window, window.plain)
		}
		name := b.Name
		if b.Attempt > 1 {
			name += fmt.Sprintf(" (attempt %d)", b.Attempt)
		}
		if b.Workflow != "" {
			name = strings.TrimSpace(b.Workflow + ": " + name)
		}
		return []cell{same(strconv.FormatInt(b.Event, 10)), same(string(b.Kind)), same(name), same(b.Where), window,
			same(yesNo(b.Survived)), same(strings.Join(b.Again, ", ")), equal, s.verdict(b.Verdict())}
	})
}

func number(n int) cell { return same(strconv.Itoa(n)) }

func seconds(d chaos.Seconds) cell {
	if d == 0 {
		return cell{human: "-"}
	}
	return cell{human: d.String(), plain: d.String()}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
