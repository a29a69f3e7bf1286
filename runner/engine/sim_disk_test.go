package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A simDisk is the journal of a simulation, with the faults that it has, and the
// witness of all that is written to it.
type simDisk struct {
	*journal.Memory
	t        *theatre
	w        *weather
	witness  *witness
	calm     *simStore
	next     journal.Fault         // of the commit that is made now
	netless  bool                  // no nudge is lost, and the process that serves looks for none
	heldTill time.Time             // another process holds the file
	joined   map[int64]*simProcess // by the number that the journal gave them
	rows     map[string]int        // that transactional steps have written
	wounds   map[int64]*wound      // by run
	sabotage sabotage              //
	copies   []diskCopy            // of the disk before each of the last commits, if a sabotage needs them
	handles  map[*journal.MemoryStore]*simProcess
}

func newSimDisk(t *theatre, w *weather, spoiled sabotage) *simDisk {
	d := &simDisk{Memory: journal.NewMemory(), t: t, w: w, sabotage: spoiled, joined: map[int64]*simProcess{},
		rows: map[string]int{}, wounds: map[int64]*wound{}, handles: map[*journal.MemoryStore]*simProcess{}}
	d.witness = newWitness(d)
	d.calm = d.handle(t.process())
	d.calm.calm = true
	d.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
		f := d.next
		d.next = journal.NoFault
		return f
	})
	d.Deliver(func(to *journal.MemoryStore, notice func()) { d.handles[to].Go(leaf(notice)) })
	return d
}

func (d *simDisk) handle(p *simProcess) *simStore {
	h := &simStore{MemoryStore: d.Open(), d: d, p: p}
	d.handles[h.MemoryStore] = p
	return h
}

func (d *simDisk) reader() journal.Store { return d.calm }
func (d *simDisk) open() disked          { panic("a theatre opens its own") }

// committed has the other processes see, after a while, that something was.
func (d *simDisk) committed(by *simProcess) {
	for _, p := range d.t.processes {
		if p == by || p.dead || p.polls || p.engine == nil || d.netless && p.store != nil {
			continue
		}
		p.polls = true
		p.After(time.Duration(d.t.Int64N(int64(250*time.Millisecond))), leaf(func() {
			p.polls = false
			p.engine.heard()
		}))
	}
}

// A wound is a flipped byte of an event.
type wound struct {
	seq   int64
	whole journal.Event
}

// wound damages an event of a run that the process had when it was killed.
func (d *simDisk) wound(h *simStore) {
	if d.witness.wounds <= 0 {
		return
	}
	rows, _ := d.calm.MemoryStore.Runs(context.Background(), journal.Filter{Status: []journal.Status{journal.StatusOpen}})
	for _, row := range rows {
		if row.LastSeq == 0 || d.wounds[row.Key] != nil || d.joined[row.Owner] != h.p {
			continue
		}
		d.witness.wounds--
		w := &wound{seq: 1 + d.t.Int64N(row.LastSeq)}
		d.wounds[row.Key] = w
		d.Corrupt(row.Key, w.seq, func(e *journal.Event) {
			w.whole = *e
			part := longestOf(&e.Data, &e.Note, &e.Commands)
			if len(*part) == 0 {
				e.Op ^= 1
				return
			}
			flipped := append(json.RawMessage(nil), *part...)
			flipped[d.t.IntN(len(flipped))] ^= 1 << d.t.IntN(7)
			*part = flipped
		})
		d.witness.wounded(row.Key)
		return
	}
}

func longestOf(parts ...*json.RawMessage) (most *json.RawMessage) {
	most = parts[0]
	for _, p := range parts {
		if len(*p) > len(*most) {
			most = p
		}
	}
	return most
}

// heal undoes the damage of a run, as somebody does who has a copy.
func (d *simDisk) heal(run int64) {
	if w := d.wounds[run]; w != nil {
		d.Corrupt(run, w.seq, func(e *journal.Event) { *e = w.whole })
		delete(d.wounds, run)
	}
}
