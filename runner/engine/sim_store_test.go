package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

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
	if p.h.d.w.dawdle == 0 || p.h.d.netless || p.h.d.t.IntN(8) > 0 {
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
	if !answered || err != nil && ctx.Err() != nil {
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
	if h.d.sabotage == noCRC && !h.calm {
		return h.resealed(ctx, run, after, limit)
	}
	return h.MemoryStore.History(ctx, run, after, limit)
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
