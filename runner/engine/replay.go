package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// A NondeterminismError says that workflow code asked for something else than
// the journal holds: it was changed, or it depends on something that is not the
// same on replay.
type NondeterminismError struct {
	Event    int64            // the number of the event after which it showed
	Recorded *journal.Command // nil: the journal holds nothing more there
	Asked    *journal.Command // nil: the code asked for nothing more
}

func (e *NondeterminismError) Error() string {
	recorded, asked := e.sides()
	return fmt.Sprintf("the code does not match the journal at event %d: recorded was %s, the code asks for %s",
		e.Event, recorded, asked)
}

// sides describes both, of long payloads the part in which they differ.
func (e *NondeterminismError) sides() (recorded, asked string) {
	differ := 0
	if e.Recorded != nil && e.Asked != nil {
		for a, b := e.Recorded.Data, e.Asked.Data; differ < min(len(a), len(b)) && a[differ] == b[differ]; {
			differ++
		}
	}
	return describe(e.Recorded, differ), describe(e.Asked, differ)
}

// Problem is the form in which a stuck run keeps it.
func (e *NondeterminismError) Problem() journal.Problem {
	p := journal.Problem{Kind: "divergence", Message: e.Error(), Event: e.Event}
	p.Recorded, p.Asked = e.sides()
	if e.Recorded != nil {
		p.Op, p.RecordedAt = e.Recorded.Op, e.Recorded.Where
	}
	if e.Asked != nil {
		p.Op, p.AskedAt = e.Asked.Op, e.Asked.Where
	}
	return p
}

// describe names a command as a person would. The byte of its payload at that
// place is among those it shows.
func describe(c *journal.Command, at int) string {
	if c == nil {
		return "nothing"
	}
	switch c.Kind {
	case journal.StartTimer:
		return fmt.Sprintf("timer %s (operation %d)", c.For, c.Op)
	case journal.CancelOp:
		return fmt.Sprintf("cancel of operation %d", c.Op)
	case journal.StartChild:
		return fmt.Sprintf("child %s %q (operation %d) with %s", c.Name, c.ID, c.Op, brief(c.Data, at))
	case journal.Complete, journal.Fail, journal.Cancel:
		return fmt.Sprintf("the end, %s with %s", c.Kind, brief(c.Data, at))
	}
	return fmt.Sprintf("%s %s (operation %d) with %s", c.Kind, c.Name, c.Op, brief(c.Data, at))
}

func brief(data json.RawMessage, at int) string {
	const most, before = 120, 40
	if len(data) == 0 {
		return "no input"
	}
	text := string(data)
	if at > most-before && at-before < len(text) {
		text = "…" + text[at-before:]
	}
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.ToValidUTF8(text, "")
}

// compare reports how the commands that the code asked for differ from the ones
// recorded with e: kinds, numbers, names, ids, payloads and durations must be
// the same. Places in the source need not, nor what the end left unread: that is
// not asked for, and old journals do not say it. nil if they match.
func compare(e *journal.Event, rec *recorded, asked []journal.Command) error {
	if len(asked) == 0 && e.Commands == nil {
		return nil
	}
	if rec.matched == len(asked) && string(rec.rest) == "]" { // the common case
		return nil
	}
	was := rec.all()
	for i := range max(len(was), len(asked)) {
		var r, a *journal.Command
		if i < len(was) {
			r = &was[i]
		}
		if i < len(asked) {
			a = &asked[i]
		}
		if r == nil || a == nil || !sameCommand(r, a) {
			return &NondeterminismError{Event: e.Seq, Recorded: r, Asked: a}
		}
	}
	return nil
}

func sameCommand(r, a *journal.Command) bool {
	return r.Kind == a.Kind && r.Op == a.Op && r.Name == a.Name && r.ID == a.ID && r.For == a.For &&
		bytes.Equal(r.Data, a.Data)
}

// play feeds the next events of a history into an execution that has seen all
// before them. The error is a NondeterminismError, a *brokenError if workflow code
// panicked, or wraps journal.ErrDamaged; the execution is then good for nothing but
// close.
func (x *execution) play(chain *journal.Chain, events []journal.Event) error {
	x.replay = true
	defer func() { x.replay = false }()
	for i := range events {
		e := &events[i]
		if err := chain.Take(e); err != nil {
			return err
		}
		switch e.Kind {
		case journal.AttemptFailed:
			x.attemptFailed(e)
			continue
		case journal.Terminated:
			x.terminated = true
			continue
		}
		x.recorded.begin(e)
		if !x.turn(e, e.At) {
			return &brokenError{event: e.Seq, crash: x.broken}
		}
		if err := compare(e, &x.recorded, x.commands); err != nil {
			return err
		}
	}
	x.recorded = recorded{} // what was compared may have been large
	x.commands, x.effects, x.logs = x.commands[:0], nil, nil
	return nil
}
