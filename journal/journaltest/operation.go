package journaltest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A kind of operation that Compare draws. do reports its success in done.
type kind struct {
	name   string
	weight int
	kills  bool
	do     func(*duel)
}

var kinds = []kind{
	{name: "create", weight: 4, do: (*duel).create},
	{name: "begin", weight: 4, do: (*duel).beginRun},
	{name: "append", weight: 60, do: (*duel).appendTurn},
	{name: "append wrongly", weight: 3, do: (*duel).appendWrongly},
	{name: "post", weight: 8, do: (*duel).post},
	{name: "post to child", weight: 3, do: (*duel).postToChild},
	{name: "post result", weight: 4, do: (*duel).postResult},
	{name: "discard", weight: 4, do: (*duel).discard},
	{name: "claim", weight: 12, do: (*duel).claim},
	{name: "release", weight: 1, do: (*duel).release},
	{name: "stick", weight: 1, do: (*duel).stick},
	{name: "resume", weight: 3, do: (*duel).resume},
	{name: "terminate", weight: 1, do: (*duel).terminate},
	{name: "progress", weight: 4, do: (*duel).progress},
	{name: "several", weight: 6, do: (*duel).several},
	{name: "leave", weight: 1, do: (*duel).leave},
	{name: "close", weight: 1, do: (*duel).closeHandle},
	{name: "kill", weight: 1, kills: true, do: (*duel).kill},
	{name: "find work", weight: 6, do: (*duel).findWork},
	{name: "list", weight: 4, do: (*duel).list},
	{name: "read", weight: 4, do: (*duel).read},
}

// draw picks the next kind, by weight; in the second half one time in four, if it can,
// one that has not succeeded yet.
func (d *duel) draw() *kind {
	if d.step > d.steps/2 && d.r.IntN(4) == 0 {
		for i := range kinds {
			if d.done[kinds[i].name] == 0 && !(kinds[i].kills && !d.killable()) {
				return &kinds[i]
			}
		}
	}
	total := 0
	for i := range kinds {
		total += kinds[i].weight
	}
	n := d.r.IntN(total)
	for i := range kinds {
		if n -= kinds[i].weight; n < 0 {
			return &kinds[i]
		}
	}
	panic("not reached")
}

func (d *duel) succeeded(ok bool) {
	if ok {
		d.done[d.name]++
	}
}

// A target is a run that an operation is about, as the first side shows it.
type target struct {
	handle int // the owner's, if there is one; else any
	snapshot
}

// target picks a run; nil if there is none yet.
func (d *duel) target() *target {
	if d.newest == 0 {
		return nil
	}
	key := 1 + d.r.Int64N(d.newest)
	if d.r.IntN(3) > 0 { // runs of late are more likely to be open
		key = d.newest - d.r.Int64N(min(d.newest, 8))
	}
	t := &target{handle: d.r.IntN(d.handles)}
	for i := range d.handles {
		s := d.sides[0].stores[i]
		run, err := s.Run(bg, journal.Ref{Key: key})
		if err != nil {
			d.fail("reading run %d: %v", key, err)
		}
		if i == 0 || run.Self {
			t.Run = run
		}
		if run.Self {
			t.handle = i
		}
	}
	s := d.sides[0].stores[t.handle]
	var err error
	if t.History, err = s.History(bg, key, 0, 0); err != nil {
		d.fail("reading run %d: %v", key, err)
	}
	if t.Inbox, err = s.Inbox(bg, key, 0); err != nil {
		d.fail("reading run %d: %v", key, err)
	}
	return t
}

// about carries out one write about a run; w makes it anew for each side.
func (d *duel) about(w func(*target) journal.Write) {
	if t := d.target(); t != nil {
		d.succeeded(d.commit(t.handle, func() []journal.Write { return []journal.Write{w(t)} }))
	}
}

var workflows = []string{"v", "w"}

// newRun makes a run, of one of a few ids, so that they collide. ULIDs do not:
// the key of a run that is refused for that may stay unused, or not.
func (d *duel) newRun() journal.Create {
	d.ulids++
	c := journal.Create{ULID: fmt.Sprintf("01D%023d", d.ulids), Workflow: pick(d, workflows), At: d.now}
	if d.r.IntN(2) == 0 {
		c.ID = fmt.Sprintf("run-%d", d.r.IntN(20))
	}
	if d.r.IntN(4) == 0 {
		c.Origin = journal.ByCommand
	}
	return c
}

func pick[T any](d *duel, from []T) T { return from[d.r.IntN(len(from))] }

func (d *duel) create() {
	c := d.newRun()
	c.Input, c.Own = json.RawMessage(`{"x":1}`), d.r.IntN(3) == 0
	d.succeeded(d.commit(d.r.IntN(d.handles), func() []journal.Write { w := c; return []journal.Write{&w} }))
}

func (d *duel) beginRun() {
	c := d.newRun()
	c.Own = true
	turn := d.turn(&target{snapshot: snapshot{Run: journal.Run{ULID: c.ULID, Fence: 1, LastAt: d.now}}})
	d.succeeded(d.commit(d.r.IntN(d.handles), func() []journal.Write {
		w, a := c, turn()
		a.New = &w
		return []journal.Write{&w, a}
	}))
}

func (d *duel) appendTurn() {
	t := d.target()
	for try := 0; t != nil && !t.Run.Self && try < 8; try++ { // most runs are nobody's at some time
		t = d.target()
	}
	if t == nil || t.Run.Status.Closed() {
		return
	}
	if turn := d.turn(t); turn != nil {
		d.succeeded(d.commit(t.handle, func() []journal.Write { return []journal.Write{turn()} }))
	}
}

// appendWrongly appends what must be refused, whatever the run.
func (d *duel) appendWrongly() {
	t := d.target()
	if t == nil {
		return
	}
	e := journal.Event{Seq: t.Run.LastSeq + 1, At: d.now, Kind: journal.CancelRequested}
	fence, message := t.Run.Fence, int64(0)
	switch d.r.IntN(4) {
	case 0:
		e.Seq += int64(1 - 2*d.r.IntN(2))
	case 1:
		fence++
	case 2:
		message = 1 << 40
	default:
		t.handle, fence = d.r.IntN(d.handles), fence-1
	}
	journal.Seal(t.Run.LastSum, &e)
	if d.commit(t.handle, func() []journal.Write {
		return []journal.Write{&journal.Append{Run: t.Run.Key, Fence: fence, Event: e, Delivered: message}}
	}) {
		d.fail("a wrong append to run %d was carried out", t.Run.Key)
	}
	d.succeeded(true)
}

func (d *duel) findWork() {
	names, at, limit := workflows[:d.r.IntN(3)], d.now.Add(time.Duration(d.r.IntN(100)-50)*time.Second), d.r.IntN(6)
	type work struct {
		Due  []int64
		Next time.Time
	}
	w, ok := both(d, d.r.IntN(d.handles), func(s journal.Store) (work, error) {
		due, next, err := s.Work(bg, names, at, limit)
		return work{append([]int64{}, due...), next}, err
	})
	d.succeeded(ok && len(w.Due) > 0 && !w.Next.IsZero())
}

func (d *duel) list() {
	f := journal.Filter{Limit: d.r.IntN(5)}
	switch d.r.IntN(6) {
	case 0:
		f.Status = []journal.Status{journal.StatusOpen, journal.StatusStuck}
	case 1:
		f.Workflow = pick(d, workflows)
	case 2:
		f.Origin = pick(d, []journal.Origin{journal.ByCommand, journal.ByParent})
	case 3:
		f.Since = dawn.Add(time.Duration(d.r.IntN(d.step+1)) * time.Second)
	case 4:
		f.Suffix = fmt.Sprintf("%04d", d.r.IntN(d.ulids+1))
	case 5:
		f.Parent = 1 + d.r.Int64N(d.newest+1)
	}
	runs, ok := both(d, d.r.IntN(d.handles), func(s journal.Store) ([]journal.Run, error) {
		runs, err := s.Runs(bg, f)
		all := []journal.Run{}
		for _, r := range runs {
			all = append(all, comparable(r))
		}
		return all, err
	})
	d.succeeded(ok && len(runs) > 0)
}

func (d *duel) read() {
	ref := journal.Ref{Key: d.r.Int64N(d.newest + 2)}
	if ref.Key == 0 || d.r.IntN(2) == 0 {
		ref = journal.Ref{ID: fmt.Sprintf("run-%d", d.r.IntN(20))}
	}
	run, ok := both(d, d.r.IntN(d.handles), func(s journal.Store) (journal.Run, error) {
		r, err := s.Run(bg, ref)
		return comparable(r), err
	})
	after, limit := d.r.Int64N(4), d.r.IntN(3)
	events, _ := both(d, d.r.IntN(d.handles), func(s journal.Store) ([]journal.Event, error) {
		es, err := s.History(bg, run.Key, after, limit)
		return append([]journal.Event{}, es...), err
	})
	d.succeeded(ok && len(events) > 0)
}
