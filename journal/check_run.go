package journal

import (
	"context"
	"encoding/json"
	"slices"
)

// An examined run is all that a journal holds of it.
type examined struct {
	row     Run
	state   *State
	broken  bool // the history is not to be trusted: what follows from it is not judged
	still   bool // nothing was written to the run while it was read
	inbox   []Message
	details Details
	living  map[int64]bool // processes; nil if the store cannot say
	found   []*Violation
}

const (
	page     = 1000 // events read at a time
	patience = 10   // how often a run is read again that was written to meanwhile
)

// examine reads one run, if it can between two writes to it.
func examine(ctx context.Context, store Store, key int64) (*examined, error) {
	for try := 1; ; try++ {
		x, err := read(ctx, store, key)
		if err != nil || x.still || try == patience {
			return x, err
		}
	}
}

func read(ctx context.Context, store Store, key int64) (*examined, error) {
	row, err := store.Run(ctx, Ref{Key: key})
	if err != nil {
		return nil, err
	}
	x := &examined{row: row, state: NewState()}
	x.state.Sum = Root(row.ULID)
	if err := x.follow(ctx, store); err != nil {
		return nil, err
	}
	if x.inbox, err = store.Inbox(ctx, key, 0); err != nil {
		return nil, err
	}
	if x.details, err = store.Details(ctx, key); err != nil {
		return nil, err
	}
	if census, ok := store.(Census); ok && row.Live {
		processes, err := census.Processes(ctx)
		if err != nil {
			return nil, err
		}
		x.living = map[int64]bool{}
		for _, p := range processes {
			x.living[p.Number] = p.Live
		}
	}
	again, err := store.Run(ctx, Ref{Key: key})
	if err != nil {
		return nil, err
	}
	x.still = row.LastSeq == again.LastSeq && row.Fence == again.Fence && row.Status == again.Status &&
		row.Inbox == again.Inbox && row.Owner == again.Owner && row.Live == again.Live
	return x, nil
}

// follow folds the history as far as the row says that it goes, up to the first
// event that is not as it should be.
func (x *examined) follow(ctx context.Context, store Store) error {
	for chain := x.row.Chain(); x.state.Seq < x.row.LastSeq; {
		events, err := store.History(ctx, x.row.Key, x.state.Seq, int(min(page, x.row.LastSeq-x.state.Seq)))
		if err != nil {
			return err
		}
		if len(events) == 0 {
			x.breaks(breach("P8", "the history ends with event %d, not %d", x.state.Seq, x.row.LastSeq))
			return nil
		}
		for i := range events {
			e := &events[i]
			var v *Violation
			if e.Seq == x.state.Seq+1 && chain.Take(e) != nil {
				v = breach("P8", "it does not fit its checksum, or the event before it, or the run")
			} else {
				v = x.state.apply(e)
			}
			if v != nil {
				x.breaks(v.in(e))
				return nil
			}
		}
	}
	return nil
}

func (x *examined) breaks(v *Violation) {
	x.broken = true
	x.found = append(x.found, v)
}

// must notes a violation unless the rule is kept.
func (x *examined) must(kept bool, promise, rule string, args ...any) {
	if !kept {
		x.found = append(x.found, breach(promise, rule, args...))
	}
}

// judge compares the history with the rest, and the rest with itself.
func (x *examined) judge() {
	if !x.still {
		return
	}
	x.judgeInbox()
	x.judgeOwner()
	if !x.broken {
		x.judgeRow()
		x.judgeDetails()
	}
}

func (x *examined) judgeRow() {
	r, s := &x.row, x.state
	x.must(r.LastSum == s.Sum, "P1", "the row says the last checksum is %08x, the history %08x", r.LastSum, s.Sum)
	x.must(s.Seq == 0 && r.LastAt.Equal(r.Created) || r.LastAt.Equal(s.At), "P1",
		"the row says the last event was at %s, the history at %s", stamp(r.LastAt), stamp(s.At))
	x.must((r.Status == StatusStuck) == (r.Problem != nil), "P1", "the row says %s, and the problem is %q", r.Status, r.Problem)
	x.must(r.Problem == nil || json.Valid(r.Problem), "P8", "its problem is not JSON")
	if s.Status.Closed() {
		x.must(r.Status == s.Status, "P1", "the row says %s, the history %s", r.Status, s.Status)
		x.must(r.Ended.Equal(s.At), "P1", "the row says it ended at %s, the history at %s", stamp(r.Ended), stamp(s.At))
		return
	}
	x.must(!r.Status.Closed(), "P1", "the row says %s, and the history has no end", r.Status)
	x.must(r.Ended.IsZero(), "P1", "the row says it ended at %s, and the history has no end", stamp(r.Ended))
	if r.Status == StatusOpen {
		x.must(r.Phase == s.Phase(), "P1", "the row says %s, by the history it is %s", r.Phase, s.Phase())
	}
	if s.Seq == 0 {
		x.must(slices.ContainsFunc(x.inbox, func(m Message) bool { return m.Kind == StartMessage }), "P1",
			"it has no events, and nothing to start it with")
	}
}

func (x *examined) judgeInbox() {
	x.must(x.row.Inbox == len(x.inbox), "P3", "the row counts %d messages, the inbox holds %d", x.row.Inbox, len(x.inbox))
	last := x.state.Message
	for i := range x.inbox {
		m := &x.inbox[i]
		x.must(x.broken || m.ID > last, "P3", "message %d waits after message %d", m.ID, last)
		x.must(m.Sum == m.Checksum(x.row.Key), "P8", "message %d does not fit its checksum", m.ID)
		x.must(m.Kind == SignalMessage || !x.row.Status.Closed(), "P3", "it is closed, and message %d, a %s, was not delivered", m.ID, m.Kind)
		last = m.ID
	}
}

func (x *examined) judgeDetails() {
	x.must(x.row.Crashes == len(x.details.Crashes), "P1",
		"the row counts %d crashes, and there are %d", x.row.Crashes, len(x.details.Crashes))
	due := x.state.Timers()
	x.must(slices.EqualFunc(x.details.Timers, due, sameTimer), "P4",
		"the timers are %s, by the history %s", timers(x.details.Timers), timers(due))
	for _, op := range sortedKeys(x.details.Progress) {
		o := x.state.Op(op)
		x.must(o != nil && o.Pending() && !x.state.Status.Closed(), "P4",
			"a heartbeat is kept of operation %d, which is not pending", op)
	}
}

func (x *examined) judgeOwner() {
	r := &x.row
	x.must(r.Owner == 0 || r.Status == StatusOpen, "P5", "it is %s, and process %d owns it", r.Status, r.Owner)
	x.must(r.Owner != 0 || !r.Live && !r.Self, "P5", "nobody owns it, and that one is alive")
	x.must(x.living == nil || x.living[r.Owner], "P5", "process %d owns it and is alive, and is not among the living", r.Owner)
}
