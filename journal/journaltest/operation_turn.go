package journaltest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// turn makes up the next turn of a run: it returns a function that makes the
// same append each time, or nil if nothing can happen.
func (d *duel) turn(t *target) func() *journal.Append {
	now := d.now
	if now.Before(t.Run.LastAt) {
		now = t.Run.LastAt
	}
	e, ok := NextEvent(d.r, t.Run.ULID, t.History, t.Inbox, now)
	if !ok {
		return nil
	}
	if _, err := After(t.History, e); err != nil {
		d.fail("a made up event: %v", err)
	}
	first, own := d.ulids, d.r.IntN(2) == 0
	var cutoff int64 // now and then before, now and then behind the first message
	if n := len(t.Inbox); n > 0 {
		cutoff = t.Inbox[0].ID - int64(d.ulids/10%2)
	}
	d.ulids += 10
	return func() *journal.Append {
		ulid := first
		a, _ := After(t.History, e)
		a.Run, a.Fence, a.Cutoff = t.Run.Key, t.Run.Fence, cutoff
		a.Straight = a.Delivered == 0 && e.Kind == journal.SignalReceived
		commands, _ := e.Asked()
		for _, c := range commands {
			status, ends := c.Kind.Ends()
			switch {
			case c.Kind == journal.StartChild:
				ulid++
				told := journal.Message{Kind: journal.ResultMessage, Event: journal.ChildFailed, Op: c.Op, Name: c.Name, Data: failure("taken"), At: now}
				a.Then = append(a.Then, &journal.Create{
					ULID: fmt.Sprintf("01C%023d", ulid), ID: c.ID, Workflow: c.Name, Origin: journal.ByParent,
					Parent: t.Run.Key, ParentOp: c.Op, At: now, Input: c.Data, Own: own, TellParent: &told,
				})
			case ends && t.Run.Parent != 0:
				m := journal.Message{Kind: journal.ResultMessage, Event: journal.ChildCompleted, Op: t.Run.ParentOp, Name: t.Run.Workflow, Data: c.Data, At: now}
				if status != journal.StatusCompleted {
					m.Event = journal.ChildFailed
				}
				a.Then = append(a.Then, &journal.Post{Run: t.Run.Parent, Message: m})
			}
		}
		return a
	}
}

// NextEvent makes up an event that may follow the history of the run with that
// ULID, given what waits in
// the inbox, at the earliest at now; false if nothing can happen. It is sealed,
// and the same for the same state of r.
func NextEvent(r *rand.Rand, ulid string, history []journal.Event, inbox []journal.Message, now time.Time) (journal.Event, bool) {
	s, err := journal.Fold(history)
	if err != nil || s.Status.Closed() {
		return journal.Event{}, false
	}
	e, ok := incoming(r, s, inbox, now)
	if !ok {
		return e, false
	}
	e.Seq, e.At = s.Seq+1, now
	if s.At.After(now) {
		e.At = s.At
	}
	if e.Kind != journal.AttemptFailed {
		if cs := wishes(r, s, &e); len(cs) > 0 {
			e.Commands = journal.AppendCommands(nil, cs)
		}
	}
	if s.Seq == 0 {
		s.Sum = journal.Root(ulid)
	}
	journal.Seal(s.Sum, &e)
	return e, true
}

// incoming makes up what comes in.
func incoming(r *rand.Rand, s *journal.State, inbox []journal.Message, now time.Time) (journal.Event, bool) {
	if len(inbox) > 0 && (s.Seq == 0 || r.IntN(2) == 0) {
		return delivery(s, inbox[0])
	}
	if s.Seq == 0 {
		return journal.Event{Kind: journal.Started, Data: json.RawMessage(`{"in":1}`)}, true
	}
	var pending []*journal.Operation
	for i := range s.Operations {
		if o := &s.Operations[i]; o.Pending() && (o.Command.Kind != journal.StartTimer || !o.Due.After(now)) {
			pending = append(pending, o)
		}
	}
	if len(pending) == 0 || r.IntN(8) == 0 {
		if r.IntN(4) == 0 {
			return received(journal.Message{Name: "straight", By: "ada", At: now}), true
		}
		return journal.Event{Kind: journal.CancelRequested, Note: journal.Note{By: "ada"}.Encode()}, true
	}
	o := pending[r.IntN(len(pending))]
	e := journal.Event{Op: o.Command.Op, Name: o.Command.Name}
	note := journal.Note{Attempt: len(o.Failed) + 1, Began: now}
	switch {
	case o.Command.Kind == journal.StartChild:
		return e, false // only its inbox can tell
	case o.Command.Kind == journal.StartTimer:
		e.Kind, note = journal.TimerFired, journal.Note{Due: o.Due}
	case r.IntN(3) == 0:
		e.Kind, e.Data, note.Due = journal.AttemptFailed, failure("not yet"), now.Add(time.Duration(r.IntN(60))*time.Second)
	case r.IntN(4) == 0:
		e.Kind, e.Data = journal.ActivityFailed, failure("never")
	default:
		e.Kind, e.Data = journal.ActivityCompleted, json.RawMessage(fmt.Sprintf(`{"r":%d}`, r.IntN(1000)))
	}
	e.Note = note.Encode()
	return e, true
}

// delivery is the event by which a message leaves the inbox; false if nobody
// waits for it.
func delivery(s *journal.State, m journal.Message) (journal.Event, bool) {
	switch m.Kind {
	case journal.StartMessage:
		return started(m), s.Seq == 0
	case journal.SignalMessage:
		return received(m), s.Seq > 0
	case journal.CancelMessage:
		return journal.Event{Kind: journal.CancelRequested, Note: journal.Note{Message: m.ID, By: m.By}.Encode()}, s.Seq > 0
	}
	o := s.Op(m.Op)
	return journal.Event{Kind: m.Event, Op: m.Op, Name: m.Name, Data: m.Data, Note: journal.Note{Message: m.ID}.Encode()},
		o != nil && o.Pending()
}

// wishes makes up what the workflow asks for in answer to e.
func wishes(r *rand.Rand, s *journal.State, e *journal.Event) []journal.Command {
	var cs []journal.Command
	op := int64(len(s.Operations))
	for range r.IntN(3) {
		op++
		c := journal.Command{Op: op, Where: "made/up.go:1"}
		switch r.IntN(6) {
		case 0:
			c.Kind, c.For = journal.StartTimer, time.Duration(r.IntN(100))*time.Second
			c.Due = e.At.Add(c.For)
		case 1:
			c.Kind, c.Name, c.ID, c.Data = journal.StartChild, "w", fmt.Sprintf("child-%d", r.IntN(10)), json.RawMessage(`null`)
		case 2:
			c.Kind, c.Name = journal.RunStep, "step"
		case 3:
			c.Kind, c.Name, c.Data = journal.RunTx, "tx", json.RawMessage(`1`)
		default:
			c.Kind, c.Name, c.Data = journal.RunActivity, "act", json.RawMessage(`{"in":"put"}`)
		}
		cs = append(cs, c)
	}
	var left []int64 // operations that can be given up
	for i := range s.Operations {
		if o := &s.Operations[i]; o.Pending() && o.GivenUp == 0 && o.Command.Op != e.Op {
			left = append(left, o.Command.Op)
		}
	}
	if len(left) > 0 && r.IntN(6) == 0 {
		c := giveUp(left[r.IntN(len(left))])
		if o := s.Op(c.Op); o.Work() && r.IntN(2) == 0 {
			c.Name = journal.WaitForAnswer
		}
		cs = append(cs, c)
	}
	if e.Seq > 3 && r.IntN(6) == 0 {
		end := []journal.Command{complete(`{"done":true}`), {Kind: journal.Fail, Data: failure("failed")}, {Kind: journal.Cancel, Data: failure("canceled")}}
		cs = append(slices.Clip(cs), end[r.IntN(3)])
	}
	return cs
}
