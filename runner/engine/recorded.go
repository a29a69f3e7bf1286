package engine

import (
	"bytes"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// recorded is what the journal holds of the turn being replayed, decoded only
// when somebody asks.
type recorded struct {
	event    *journal.Event
	commands []journal.Command
	decoded  bool

	rest    []byte // of the event's commands, behind those that matched
	matched int    // how many did
	text    []byte // of the last one compared
	one     [1]journal.Command
}

// begin goes on to the next event.
func (r *recorded) begin(e *journal.Event) {
	*r = recorded{event: e, rest: e.Commands, text: r.text}
}

// matches reports whether the next recorded command has the very bytes of c, but for
// the place in the source. If not, or if commands were missed before, compare decides.
func (r *recorded) matches(c *journal.Command) bool {
	if len(r.rest) == 0 {
		return false
	}
	r.one[0] = *c
	r.text = journal.AppendCommands(r.text[:0], r.one[:])
	if r.matched > 0 {
		r.text[0] = ',' // of a list with others before it
	}
	rest, ok := bytes.CutPrefix(r.rest, r.text[:len(r.text)-len("}]")])
	if place, has := bytes.CutPrefix(rest, []byte(`,"where":"`)); ok && has {
		end := bytes.IndexByte(place, '"')
		ok = end >= 0 && bytes.IndexByte(place[:end], '\\') < 0
		rest = place[end+1:]
	}
	if !ok || len(rest) == 0 || rest[0] != '}' {
		r.rest = nil
		return false
	}
	r.rest, r.matched = rest[1:], r.matched+1
	return true
}

func (r *recorded) all() []journal.Command {
	if !r.decoded && r.event != nil {
		r.commands, _ = r.event.Asked() // undecodable: as if nothing were recorded, which compare reports
		r.decoded = true
	}
	return r.commands
}

// due is the recorded deadline of a timer: it was computed from a wall clock
// that a replay cannot know.
func (r *recorded) due(op int64, otherwise time.Time) time.Time {
	if r.event == nil || !bytes.Contains(r.event.Commands, []byte(`"due":`)) {
		return otherwise // as it follows from the event's time
	}
	for _, c := range r.all() {
		if c.Op == op && c.Kind == journal.StartTimer {
			return c.Due
		}
	}
	return otherwise
}
