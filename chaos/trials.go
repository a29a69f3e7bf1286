package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Trial is one row of a report, of whatever kind.
type Trial struct {
	Name     string
	Kills    int
	Verdict  Verdict
	Problems []string
	Timeline []Mark
	Took     Seconds // as far as the timeline goes

	Outcome  *Outcome  // of a scenario,
	Boundary *Boundary // or of a kill, or of a pair of kills
}

// Trials lists all that was tried.
func (r *Report) Trials() (all []Trial) {
	for i := range r.Scenarios {
		o := &r.Scenarios[i]
		all = append(all, Trial{Name: o.Scenario, Kills: o.Kills, Verdict: o.Verdict, Problems: o.Problems, Timeline: o.Timeline, Took: o.Took, Outcome: o})
	}
	for i := range r.Boundaries {
		b := &r.Boundaries[i]
		all = append(all, b.trial(b.Label()+", "+string(b.Window)))
	}
	for i := range r.Pairs {
		p := &r.Pairs[i]
		all = append(all, p.trial(r.pairName(p)))
	}
	return all
}

// pairName says where the two kills of a pair are.
func (r *Report) pairName(p *Pair) string {
	first := &r.Boundaries[p.First]
	then := string(Recovering)
	if p.Second >= 0 {
		then = p.Label() + ", " + string(p.Window)
	}
	return fmt.Sprintf("%s, %s; then %s", first.Label(), first.Window, then)
}

func (b *Boundary) trial(name string) Trial {
	t := Trial{Name: name, Verdict: b.Verdict(), Problems: b.Problems, Timeline: b.Timeline, Boundary: b}
	for _, m := range b.Timeline {
		t.Took = max(t.Took, m.At)
		if m.What == "kill" {
			t.Kills++
		}
	}
	if t.Verdict == Skip {
		t.Problems = []string{"the process did not come there this time, so it was not killed"}
	}
	return t
}

// Verdict is how the trial at this boundary ended.
func (b *Boundary) Verdict() Verdict {
	switch {
	case len(b.Problems) > 0:
		return Fail
	case !b.Killed:
		return Skip
	}
	return Pass
}

// A Repeat is an activity that ran again in some trials though nothing had failed.
type Repeat struct {
	Name    string `json:"name"`
	Where   string `json:"where,omitempty"` // dir/file.go:line of the call
	Trials  int    `json:"trials"`
	Differs int    `json:"differs"` // trials with another result than the undisturbed run in which nothing else ran again
}

// Repeats lists them.
func (r *Report) Repeats() (all []Repeat) {
	where := map[string]string{}
	for i := range r.Boundaries {
		if b := &r.Boundaries[i]; b.Where != "" && where[b.Name] == "" {
			where[b.Name] = b.Where
		}
	}
	for _, t := range r.Trials() {
		if t.Boundary == nil {
			continue
		}
		for _, name := range t.Boundary.Again {
			i := slices.IndexFunc(all, func(a Repeat) bool { return a.Name == name })
			if i < 0 {
				i, all = len(all), append(all, Repeat{Name: name, Where: where[name]})
			}
			all[i].Trials++
			if t.Boundary.Survived && !t.Boundary.Equal && len(t.Boundary.Again) == 1 {
				all[i].Differs++
			}
		}
	}
	return all
}

// Summary is the report in a sentence.
func (r *Report) Summary() string {
	trials, kills, failed, skipped := 0, 0, 0, 0
	for _, t := range r.Trials() {
		trials, kills = trials+1, kills+t.Kills
		switch t.Verdict {
		case Fail:
			failed++
		case Skip:
			skipped++
		}
	}
	noun := "trial"
	if len(r.Scenarios) > 0 {
		noun = "scenario"
	}
	parts := []string{plural(trials, noun), plural(kills, "kill"), fmt.Sprintf("%d failed", failed)}
	if skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d not reached", skipped))
	}
	return strings.Join(parts, ", ") + ", in " + time.Duration(r.Took).Round(100*time.Millisecond).String()
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
