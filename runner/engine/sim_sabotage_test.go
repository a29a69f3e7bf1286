package engine

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A sabotage is something wrong with the store of a simulation, for the simulation
// to find.
type sabotage string

const (
	honest       sabotage = ""
	ackEarly     sabotage = "ack-early"     // effects and answers leave before the commit
	noFence      sabotage = "no-fence"      // whoever writes to a run may
	noCRC        sabotage = "no-crc"        // checksums fit whatever there is
	lostTimer    sabotage = "lost-timer"    // now and then a deadline is not kept
	doubleSignal sabotage = "double-signal" // now and then a delivered message stays in the inbox
	syncOff      sabotage = "sync-off"      // a power cut loses the last commits
)

// spoil changes writes on their way to the disk; restore undoes what the process
// could see of that.
func (d *simDisk) spoil(h *simStore, writes []journal.Write) (left []journal.Write, restore func()) {
	restore = func() {}
	if h.calm {
		return writes, restore
	}
	switch d.sabotage {
	case syncOff:
		d.copies = append(d.copies, d.copy())
		if len(d.copies) > 3 {
			d.copies = d.copies[1:]
		}
	case noFence:
		for _, w := range writes {
			if a, ok := w.(*journal.Append); !ok || !d.smuggle(h, a) {
				left = append(left, w)
			}
		}
		return left, restore
	case doubleSignal:
		for _, w := range writes {
			if a, ok := w.(*journal.Append); ok && a.Delivered != 0 && d.t.IntN(3) == 0 {
				a.Delivered = 0
			}
		}
	case lostTimer:
		for _, w := range writes {
			if a, ok := w.(*journal.Append); ok && len(a.Set) > 0 && d.t.IntN(3) == 0 {
				set := a.Set
				a.Set = nil
				restore = func() { a.Set = set }
				break
			}
		}
	}
	return writes, restore
}

// smuggle writes to a run of somebody else, in that one's name.
func (d *simDisk) smuggle(h *simStore, a *journal.Append) bool {
	if a.New != nil {
		return false
	}
	row, err := h.MemoryStore.Run(context.Background(), journal.Ref{Key: a.Run})
	owner := d.joined[row.Owner]
	if err != nil || row.Self && row.Fence == a.Fence || owner == nil || owner.dead {
		return false
	}
	a.Fence = row.Fence
	err = errors.Join(owner.store.MemoryStore.Commit(a), a.Err)
	if err == nil {
		d.witness.saw(h, []journal.Write{a})
	}
	return true
}

// resealed is a history whose checksums fit: all of them, since each begins with the
// one before.
func (h *simStore) resealed(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	events, err := h.MemoryStore.History(ctx, run, 0, 0)
	if err != nil {
		return nil, err
	}
	row, err := h.MemoryStore.Run(ctx, journal.Ref{Key: run})
	sum := journal.Root(row.ULID)
	for i := range events {
		journal.Seal(sum, &events[i])
		sum = events[i].Sum
	}
	events = events[min(after, int64(len(events))):]
	if limit > 0 {
		events = events[:min(limit, len(events))]
	}
	return events, err
}

// A diskCopy is what there was on the disk at some time.
type diskCopy struct {
	*journal.Memory
	rows map[string]int
}

func (d *simDisk) copy() diskCopy { return diskCopy{d.Clone(), maps.Clone(d.rows)} }

func (d *simDisk) restore(c diskCopy) {
	d.Restore(c.Memory)
	d.rows = maps.Clone(c.rows)
}

// forget lets a commit be acknowledged that a crash soon undoes.
func (d *simDisk) forget(h *simStore) {
	before := d.copy()
	d.t.add(&job{at: d.t.clock.Add(d.w.upTo(time.Millisecond)), task: leaf(func() {
		h.kill()
		d.restore(before)
	})})
}

// cutPower ends all processes at once.
func (d *simDisk) cutPower() {
	for _, p := range d.t.processes {
		if p.store != nil && !p.dead && !p.store.calm {
			p.store.kill()
		}
	}
	if d.sabotage == syncOff && len(d.copies) > 0 {
		d.restore(d.copies[0])
	}
}
