package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// A witness compares what processes do and are told with what is on the disk,
// beside what the stage does.
type witness struct {
	d      *simDisk
	s      *stage
	owners map[int64]*simProcess      // by run: who alone may write to it
	told   map[int64]map[int64]uint32 // by run and number: the checksums of events that somebody was told are on disk
	posts  []journal.Post             // signals, likewise
	ends   map[int64]bool             // runs of which somebody was told that they are terminated
	wounds int                        // events that are still to be damaged
}

func newWitness(d *simDisk) *witness {
	return &witness{d: d, owners: map[int64]*simProcess{}, told: map[int64]map[int64]uint32{}, ends: map[int64]bool{}}
}

// saw takes note of what a process has written, whether or not it hears of it.
func (t *witness) saw(h *simStore, writes []journal.Write) {
	for _, w := range writes {
		if w.Refused() != nil {
			continue
		}
		switch w := w.(type) {
		case *journal.Create:
			if w.Own && w.Key != 0 {
				t.owners[w.Key] = h.p
			}
		case *journal.Claim:
			for _, row := range w.Claimed {
				t.claims(h.p, row.Key)
			}
		case *journal.Append:
			t.appends(h.p, w)
			t.saw(h, w.Then)
		case *journal.Stick:
			delete(t.owners, w.Run)
		case *journal.Terminate:
			delete(t.owners, w.Run)
		case *journal.Release:
			for _, run := range w.Runs {
				delete(t.owners, run)
			}
		}
	}
}

// claims checks that nobody alive had the run.
func (t *witness) claims(p *simProcess, run int64) {
	switch was := t.owners[run]; {
	case was == nil, was == p, was.dead:
	case was.zombie:
		t.s.broke()
	default:
		t.s.Errorf("P5: process %d takes run %d, which process %d has", p.number, run, was.number)
	}
	t.owners[run] = p
}

// left takes note that a process owns nothing any more.
func (t *witness) left(p *simProcess) {
	for run, owner := range t.owners {
		if owner == p {
			delete(t.owners, run)
		}
	}
}

func (t *witness) appends(p *simProcess, a *journal.Append) {
	e := &a.Event
	t.d.t.trace.note(uint64(a.Run), uint64(e.Seq), uint64(e.Sum))
	if owner := t.owners[a.Run]; owner != p {
		t.s.Errorf("P5: process %d writes event %d of run %d, which is not its own", p.number, e.Seq, a.Run)
	}
	if t.d.wounds[a.Run] != nil {
		t.s.Errorf("P8: event %d of run %d follows a damaged one", e.Seq, a.Run)
	}
	if due := e.Facts().Due; e.Kind == journal.TimerFired && p.latest.Before(due) {
		t.s.Errorf("P4: a timer of run %d fires at %v by the clock of process %d, which is early: it is due at %v", a.Run, p.latest, p.number, due)
	}
	if a.End != "" {
		delete(t.owners, a.Run)
	}
}

// heard takes note of what a process was told is on the disk.
func (t *witness) heard(writes []journal.Write) {
	for _, w := range writes {
		if w.Refused() != nil {
			continue
		}
		switch w := w.(type) {
		case *journal.Append:
			if t.told[w.Run] == nil {
				t.told[w.Run] = map[int64]uint32{}
			}
			t.told[w.Run][w.Event.Seq] = w.Event.Sum
		case *journal.Post:
			if w.Message.Kind == journal.SignalMessage {
				t.posts = append(t.posts, *w)
			}
		case *journal.Terminate:
			t.ends[w.Run] = true
		}
	}
}

// wounded checks that the damage is noticed by who looks for it.
func (t *witness) wounded(run int64) {
	for v, err := range journal.Check(context.Background(), t.d.calm) {
		if err == nil && v.Run == run && v.Promise == "P8" {
			return
		}
	}
	t.s.Errorf("P8: nobody notices that an event of run %d is damaged", run)
}

// check reads the journal as it is on the disk at this moment.
func (t *witness) check() {
	if len(t.d.wounds) == 0 {
		t.s.check()
	}
}

// mend heals a run that is stuck with a damage, for it to be resumed.
func (t *witness) mend(row *journal.Run) bool {
	var p journal.Problem
	_ = json.Unmarshal(row.Problem, &p)
	switch wounded := t.d.wounds[row.Key] != nil; {
	case wounded && p.Kind != "damage":
		t.s.Errorf("P8: run %d is damaged, and stuck with %q: %s", row.Key, p.Kind, p.Message)
	case !wounded && p.Kind == "damage":
		t.s.Errorf("P8: run %d is stuck: %s", row.Key, p.Message)
	}
	t.d.heal(row.Key)
	return true
}

// judge reads what is left in the end.
func (t *witness) judge() {
	for run := range t.d.wounds { // which nobody had to read again
		t.d.heal(run)
	}
	rows, _ := t.d.calm.Runs(context.Background(), journal.Filter{})
	slices.Reverse(rows)
	for i := range rows {
		t.judgeRun(&rows[i])
	}
	done := t.s.transacted()
	compareEffects(t.s, t.d.rows, done)
}

func (t *witness) judgeRun(row *journal.Run) {
	events, _ := t.d.calm.History(context.Background(), row.Key, 0, 0)
	inbox, _ := t.d.calm.Inbox(context.Background(), row.Key, 0)
	for seq, sum := range t.told[row.Key] {
		if seq > int64(len(events)) || events[seq-1].Sum != sum {
			t.s.Errorf("P1: event %d of run %d was acknowledged, and is not there", seq, row.Key)
		}
	}
	if t.ends[row.Key] && row.Status != journal.StatusTerminated {
		t.s.Errorf("P1: that run %d is terminated was acknowledged, and it is %s", row.Key, row.Status)
	}
	where := map[int64]int{}
	last := map[string]int{}
	free := map[string]int{} // signals without a key, by name
	for i := range events {
		e := &events[i]
		t.d.t.trace.note(uint64(e.Sum))
		if e.Kind == journal.SignalReceived {
			if where[e.Facts().Message]++; e.Facts().Key == "" {
				free[e.Name]++
			}
			t.inOrder(row.Key, e, last)
		}
	}
	for i := range inbox {
		if where[inbox[i].ID]++; inbox[i].Kind == journal.SignalMessage && inbox[i].Key == "" {
			free[inbox[i].Name]++
		}
	}
	for m, may := range t.s.sent {
		if n := free[m.signal]; m.run == row.Key && (n < may.least || n > may.most) {
			t.s.Errorf("P3: signal %s was sent to run %d up to %d times, of which %d were acknowledged, and is there %d times", m.signal, m.run, may.most, may.least, n)
		}
	}
	for i := range t.posts {
		if p := &t.posts[i]; p.Run == row.Key && where[p.Message.ID] != 1 {
			t.s.Errorf("P3: message %d (%s) of run %d was acknowledged, and is there %d times", p.Message.ID, p.Message.Name, row.Key, where[p.Message.ID])
		}
	}
}

// inOrder checks that a letter comes once, and after those its sender wrote before.
func (t *witness) inOrder(run int64, e *journal.Event, last map[string]int) {
	var l letter
	if !strings.HasPrefix(e.Name, "m") || json.Unmarshal(e.Data, &l) != nil {
		return
	}
	sender := fmt.Sprint(e.Name, " ", l.From)
	if last[sender] != l.Number {
		t.s.Errorf("P3: run %d gets letter %d of %s after %d others", run, l.Number, sender, last[sender])
	}
	last[sender] = l.Number + 1
}
