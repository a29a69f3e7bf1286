package chaos

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A model is what an undisturbed run came to.
type model struct {
	*ordeal
	masks []string
}

// judge says what came of the ordeal at a boundary whose process was to die of
// these tokens.
func (d *ordeal) judge(ctx context.Context, m *model, b *Boundary, tokens ...string) error {
	ledger, err := d.lab.Ledger()
	if err != nil {
		return err
	}
	all, err := d.lab.chronicles(ctx)
	if err != nil {
		return err
	}
	broken, err := d.lab.Check(ctx)
	if err != nil {
		return err
	}
	b.Killed = !slices.ContainsFunc(tokens, func(token string) bool {
		return !slices.ContainsFunc(ledger, func(e Entry) bool { return e.What == Killed && e.Token == token })
	})
	b.Timeline, b.Recovery = d.timeline(ledger), d.recovery(ledger)
	b.Survived = d.problem == "" && d.code == 0
	switch {
	case d.problem != "":
		b.Problems = append(b.Problems, d.problem)
	case d.code != 0:
		b.Problems = append(b.Problems, fmt.Sprintf("the last process ended with exit code %d: %s", d.code, lastLine(d.lives[len(d.lives)-1].Stderr())))
	default:
		found := Compare(m.result, d.result, m.masks...)
		b.Equal = len(found) == 0
		for _, f := range found {
			b.Problems = append(b.Problems, "the result differs: "+f.String())
		}
	}
	if b.Survived {
		rows, err := d.lab.rows(ctx)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(m.tables)) {
			if rows[name] != m.tables[name] {
				b.Problems = append(b.Problems, fmt.Sprintf("P2: table %s has %s, and %d after an undisturbed run", name, plural(rows[name], "row"), m.tables[name]))
			}
		}
	}
	var twice []string
	b.Again, twice = repeated(ledger)
	b.Problems = slices.Concat(b.Problems, twice, lost(ledger, all), d.undelivered(all), broken)
	return nil
}

// An attempt of an operation, as the ledger knows it.
type tried struct {
	run     string
	op      int64
	attempt int
}

// repeated lists the activities that ran again although nothing had failed, and
// breaches of P2: those that did so although their outcome was recorded.
func repeated(ledger []Entry) (again, twice []string) {
	called, recorded := map[tried]int{}, map[tried]int64{}
	for _, e := range ledger {
		op := tried{run: e.Run, op: e.Op}
		switch e.What {
		case Recorded:
			if e.Kind != journal.AttemptFailed {
				recorded[op] = e.Seq
			}
		case Called:
			if seq, ok := recorded[op]; ok {
				twice = append(twice, fmt.Sprintf("P2: activity %s ran again after its outcome was recorded in event %d", e.Name, seq))
			}
			op.attempt = e.Attempt
			if called[op]++; called[op] > 1 && !slices.Contains(again, e.Name) {
				again = append(again, e.Name)
			}
		}
	}
	return again, twice
}

// lost lists breaches of P1: what was on disk once and is not in the history, or
// had to be recorded a second time.
func lost(ledger []Entry, all []chronicle) (problems []string) {
	type event struct {
		run string
		seq int64
	}
	seen := map[event]bool{}
	for _, e := range ledger {
		if e.What != Recorded {
			continue
		}
		if seen[event{e.Run, e.Seq}] {
			problems = append(problems, fmt.Sprintf("P1: event %d, %s %s, was recorded and had to be recorded again", e.Seq, e.Kind, e.Name))
		}
		seen[event{e.Run, e.Seq}] = true
		there := slices.ContainsFunc(all, func(c chronicle) bool {
			return c.ULID == e.Run && slices.ContainsFunc(c.events, func(ev journal.Event) bool {
				return ev.Seq == e.Seq && ev.Kind == e.Kind && ev.Op == e.Op
			})
		})
		if !there {
			problems = append(problems, fmt.Sprintf("P1: event %d, %s %s, was recorded and is lost", e.Seq, e.Kind, e.Name))
		}
	}
	return problems
}

// undelivered lists breaches of P3: signals that were acknowledged and are not
// there once, delivered or unread.
func (d *ordeal) undelivered(all []chronicle) (problems []string) {
	for _, s := range d.sent {
		n := 0
		for _, c := range all {
			if c.ID != runID {
				continue
			}
			for _, got := range c.state.Signals {
				if got.Note.Key == s.line.key() {
					n++
				}
			}
			for _, m := range c.inbox {
				if m.Key == s.line.key() {
					n++
				}
			}
		}
		if n != 1 {
			problems = append(problems, fmt.Sprintf("P3: signal %s of line %d was acknowledged once and is there %d times", s.line.Signal, s.line.Number, n))
		}
	}
	return problems
}

// recovery is how long the last process that followed a kill took from its start
// until it went on with the run.
func (d *ordeal) recovery(ledger []Entry) Seconds {
	if len(d.lives) < 2 {
		return 0
	}
	p := d.lives[len(d.lives)-1]
	for _, e := range ledger {
		if e.Process == p.Number {
			return Seconds(e.At.Sub(p.Started))
		}
	}
	return Seconds(d.began.Add(d.took).Sub(p.Started)) // there was nothing left to go on with
}

// timeline is what happened, for people.
func (d *ordeal) timeline(ledger []Entry) (marks []Mark) {
	add := func(at time.Time, process int, what, text string) {
		marks = append(marks, Mark{At: Seconds(max(at.Sub(d.began), 0)), What: what, Process: process, Text: text})
	}
	for i, p := range d.lives {
		add(p.Started, i+1, "start", "")
	}
	for _, s := range d.sent {
		add(s.at, 0, "signal", s.line.Signal)
	}
	for _, e := range ledger {
		process := 1 + slices.IndexFunc(d.lives, func(p *Process) bool { return p.Number == e.Process })
		switch e.What {
		case Called, Returned, Recorded:
			add(e.At, process, string(e.What), e.Name)
		case Resumed:
			add(e.At, process, string(e.What), "")
		case Killed:
			add(e.At, process, "kill", string(e.Point))
		}
	}
	end := "done"
	if d.problem != "" {
		end = "given up"
	}
	add(d.began.Add(d.took), len(d.lives), end, "")
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	return marks
}

// Label names a boundary in a few words.
func (b *Boundary) Label() string {
	var parts []string
	if b.Workflow != "" {
		parts = append(parts, "child "+b.Workflow+",")
	}
	parts = append(parts, fmt.Sprintf("event %d", b.Event), string(b.Kind), b.Name)
	if b.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("(attempt %d)", b.Attempt))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
