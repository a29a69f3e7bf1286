package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// resumeHeader says what is resumed, in which state it was, and what of it is
// done again.
func (l *launch) resumeHeader(p *picked, before journal.Run, now time.Time) (string, error) {
	other := "; --new starts another one"
	if l.request.ID != "" {
		other = "" // with the id it would not, as long as this one has not ended
	}
	name := l.b.Name + " " + l.label(before)
	if p.foreign {
		return "following " + name + ", which another process runs" + other, nil
	}
	state, err := journal.Fold(p.past)
	if err != nil {
		return "", fmt.Errorf("read run %s: %w: %w", before.ID, journal.ErrDamaged, err)
	}
	halt := stopped(p, before, now)
	if before.LastSeq > 0 {
		halt += fmt.Sprintf(" at event %d", before.LastSeq)
	}
	return "resuming " + name + "  " + strings.Join(append([]string{halt}, costs(state, p.beats, now)...), ", ") + other, nil
}

// stopped says when and how the run came to a halt. A process that was killed
// left a crash, which the claim has just recorded.
func stopped(p *picked, before journal.Run, now time.Time) string {
	switch {
	case before.Status == journal.StatusStuck:
		return "stuck"
	case p.run.Crashes > before.Crashes && len(p.crashes) > 0:
		if died := p.crashes[len(p.crashes)-1].Died; !died.IsZero() {
			return "interrupted " + ago(now.Sub(died)) + " ago"
		}
		return "interrupted" // when is not known
	case before.LastSeq == 0:
		return "queued " + ago(now.Sub(before.Created)) + " ago"
	}
	return "suspended, active " + ago(now.Sub(before.LastAt)) + " ago"
}

// costs says how much sleep is left, how many steps are only replayed, and how
// many have to run again because their results were not on disk, and from which
// heartbeat these go on.
func costs(state *journal.State, beats map[int64]json.RawMessage, now time.Time) (parts []string) {
	replayed, again, from := 0, 0, ""
	var timer *journal.Operation
	for i := range state.Operations {
		op := &state.Operations[i]
		switch {
		case op.Work() && op.Answer != 0:
			replayed++
		case op.Work() && op.Pending() && !op.Due.After(now):
			again++
			if beat := progress(beats[op.Command.Op]); beat != "" {
				from += fmt.Sprintf(" (%s from its heartbeat %s)", title(op), beat)
			}
		case op.Command.Kind == journal.StartTimer && op.Pending():
			timer = sooner(timer, op)
		}
	}
	if timer != nil && timer.Due.After(now) {
		parts = append(parts, span(timer.Due.Sub(now))+" of sleep left")
	} else if timer != nil {
		parts = append(parts, "its sleep ended "+ago(now.Sub(timer.Due))+" ago")
	}
	return append(parts, count(replayed, "step")+" replayed", fmt.Sprintf("%d run again%s", again, from))
}
