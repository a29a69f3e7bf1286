package engine

import (
	"context"
	"encoding/json"
	"fmt"
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
		if p == by || p.dead || p.polls || p.engine == nil {
			continue
		}
		p.polls = true
		p.After(time.Duration(d.t.Int64N(int64(250*time.Millisecond))), leaf(func() {
			p.polls = false
			p.engine.heard()
		}))
	}
}

// A simStore is one process's handle on it.
type simStore struct {
	*journal.MemoryStore
	d     *simDisk
	p     *simProcess
	peer  journal.Peer
	calm  bool          // nothing ever happens to it
	next  journal.Fault // of its next commit, whatever the weather
	crash float64       // the chance that a commit kills the process, beside the weather
}

var (
	_ disked         = (*simStore)(nil)
	_ journal.Shared = (*simStore)(nil)
)

// pause lets others overtake, for no time or for a while.
func (h *simStore) pause() {
	if h.calm || h.d.w.dawdle == 0 {
		return
	}
	switch h.d.t.IntN(4) {
	case 0:
		h.d.t.park(h.d.w.upTo(h.d.w.dawdle), nil)
	case 1, 2:
		h.d.t.park(0, nil)
	}
}

func (h *simStore) Commit(writes ...journal.Write) error {
	h.pause()
	fault := h.fault()
	switch {
	case h.calm:
	case h.d.t.clock.Before(h.d.heldTill):
		return fmt.Errorf("committing: %w", journal.ErrHeld)
	case fault == journal.CrashBefore && h.d.sabotage == ackEarly:
		h.d.forget(h)
		fault = journal.NoFault
	case fault == journal.CrashBefore:
		h.kill()
	}
	after := fault == journal.CrashAfter
	if after {
		fault = journal.NoFault
	}
	err := h.carryOut(fault, writes)
	if after {
		h.kill()
	}
	h.pause()
	if err == nil {
		h.d.witness.heard(writes)
	}
	return err
}

// fault is what becomes of a commit.
func (h *simStore) fault() journal.Fault {
	switch f := h.next; {
	case h.calm:
		return journal.NoFault
	case f != journal.NoFault:
		h.next = journal.NoFault
		return f
	case h.crash > 0:
		return pick(h.d.t.Rand, journal.CrashBefore, journal.CrashAfter, journal.NoFault, journal.NoFault)
	}
	return h.d.witness.s.fault()
}

// carryOut makes the commit, if the fault lets it.
func (h *simStore) carryOut(fault journal.Fault, writes []journal.Write) error {
	writes, restore := h.d.spoil(h, writes)
	asked := writes
	writes, steps := h.transact(writes)
	h.d.next = fault
	err := h.MemoryStore.Commit(writes...)
	restore()
	if err != nil {
		return err
	}
	for _, s := range steps {
		s.settle(h.d)
	}
	for _, w := range asked {
		h.d.t.tell("process %d writes %T %+v", h.p.number, w, w)
	}
	h.d.witness.saw(h, asked)
	h.d.committed(h.p)
	if h.d.t.IntN(32) == 0 {
		h.d.witness.check()
	}
	return nil
}

// A simStep is a transactional step in a commit: it becomes the message with its
// result.
type simStep struct {
	w    *journal.Transact
	post *journal.Post
	row  string
}

// rows is what a transactional step writes to.
type rowsKey struct{}

// transact calls the steps among the writes.
func (h *simStore) transact(writes []journal.Write) (out []journal.Write, steps []*simStep) {
	for _, w := range writes {
		w, ok := w.(*journal.Transact)
		if !ok {
			continue
		}
		s := &simStep{w: w}
		steps = append(steps, s)
		data, err := w.Do(context.WithValue(context.Background(), rowsKey{}, &s.row), nil)
		journal.Refuse(w, err)
		if err == nil {
			m := resultMessage(journal.ActivityCompleted, w.Op, w.Name, data)
			m.At = w.At
			s.post = &journal.Post{Run: w.Run, Fence: w.Fence, Message: m}
		}
	}
	if steps == nil {
		return writes, nil
	}
	next := 0
	for _, w := range writes {
		if _, ok := w.(*journal.Transact); !ok {
			out = append(out, w)
			continue
		}
		if s := steps[next]; s.post != nil {
			out = append(out, s.post)
		}
		next++
	}
	return out, steps
}

// settle keeps the row that the step has written, if it was carried out.
func (s *simStep) settle(d *simDisk) {
	if s.post == nil {
		return
	}
	journal.Refuse(s.w, s.post.Err)
	if s.post.Err == nil {
		d.rows[s.row]++
	}
}

// kill ends the process at once, as kill -9 does. To the process that is killed
// it does not return.
func (h *simStore) kill() {
	if h.p.dead {
		return
	}
	h.d.t.tell("process %d is killed", h.p.number)
	h.MemoryStore.Kill()
	h.d.wound(h)
	h.d.witness.check()
	h.d.t.kill(h.p)
}

func (h *simStore) Join(ctx context.Context, p journal.Peer) error {
	h.peer = simPeer{p, h}
	if err := h.MemoryStore.Join(ctx, h.peer); err != nil {
		return err
	}
	processes, err := h.Processes(context.Background())
	for _, p := range processes {
		if p.Self {
			h.d.joined[p.Number] = h.p
		}
	}
	return err
}

// A simPeer misses a nudge now and then.
type simPeer struct {
	journal.Peer
	h *simStore
}

func (p simPeer) Nudged(run int64) {
	if p.h.d.w.dawdle == 0 || p.h.d.t.IntN(8) > 0 {
		p.Peer.Nudged(run)
	}
}

// Call has the other process answer when it comes to that.
func (h *simStore) Call(ctx context.Context, process int64, question []byte) (answer []byte, err error) {
	p := h.d.joined[process]
	if p == nil || p.dead {
		return nil, journal.ErrHeld
	}
	answered := false
	p.Go(leaf(func() {
		if err = journal.ErrHeld; p.store.peer != nil { // or it has left
			answer, err = p.store.peer.Called(ctx, question)
		}
		answered = true
	}))
	h.d.t.park(-1, func() bool { return answered || p.dead || ctx.Err() != nil })
	if !answered {
		return nil, journal.ErrHeld
	}
	return answer, err
}

func (h *simStore) Leave() error {
	err := h.MemoryStore.Leave()
	h.peer = nil
	h.d.witness.left(h.p)
	return err
}

func (h *simStore) Close() error {
	err := h.Leave()
	_ = h.MemoryStore.Close()
	return err
}

func (h *simStore) Changed() <-chan struct{} { return nil } // see committed

func (h *simStore) Run(ctx context.Context, ref journal.Ref) (journal.Run, error) {
	defer h.pause()
	return h.MemoryStore.Run(ctx, ref)
}

func (h *simStore) History(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	defer h.pause()
	events, err := h.MemoryStore.History(ctx, run, after, limit)
	if h.d.sabotage == noCRC && !h.calm {
		reseal(events)
	}
	return events, err
}

func (h *simStore) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	defer h.pause()
	return h.MemoryStore.Inbox(ctx, run, after)
}

func (h *simStore) Details(ctx context.Context, run int64) (journal.Details, error) {
	defer h.pause()
	return h.MemoryStore.Details(ctx, run)
}

func (h *simStore) Work(ctx context.Context, workflows []string, now time.Time, limit int) ([]int64, time.Time, error) {
	defer h.pause()
	return h.MemoryStore.Work(ctx, workflows, now, limit)
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
