package journaltest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
)

// The operations of Compare that are about one run, or one handle.

func (d *duel) message(k journal.MessageKind) journal.Message {
	m := journal.Message{Kind: k, At: d.now, By: pick(d, []string{"", "ada", "bob"})}
	if k == journal.SignalMessage {
		m.Name, m.Data = pick(d, []string{"approve", "reject"}), json.RawMessage(fmt.Sprint(d.step))
	}
	if d.r.IntN(3) == 0 {
		m.Key = fmt.Sprintf("key-%d", d.r.IntN(5))
	}
	return m
}

func (d *duel) post() {
	m := d.message(pick(d, []journal.MessageKind{journal.SignalMessage, journal.SignalMessage, journal.CancelMessage}))
	off := int64(0)
	if d.r.IntN(20) == 0 {
		off = 1 << 40 // nobody
	}
	d.about(func(t *target) journal.Write { return &journal.Post{Run: t.Run.Key + off, Message: m} })
}

func (d *duel) postToChild() {
	m := d.message(journal.CancelMessage)
	d.about(func(t *target) journal.Write {
		if t.Run.Parent == 0 {
			return &journal.Post{Parent: t.Run.Key, ParentOp: 1, Message: m}
		}
		return &journal.Post{Parent: t.Run.Parent, ParentOp: t.Run.ParentOp, Message: m}
	})
}

// postResult puts the result of a pending operation into the inbox.
func (d *duel) postResult() {
	t := d.target()
	if t == nil {
		return
	}
	op := d.pending(t, (*journal.Operation).Work)
	if op == nil {
		return
	}
	m := journal.Message{Kind: journal.ResultMessage, Event: journal.ActivityCompleted,
		Op: op.Command.Op, Name: op.Command.Name, Data: json.RawMessage(`"late"`), At: d.now}
	fence := t.Run.Fence - int64(d.r.IntN(2))
	d.succeeded(d.commit(d.r.IntN(d.handles), func() []journal.Write {
		return []journal.Write{&journal.Post{Run: t.Run.Key, Fence: fence, Message: m}}
	}))
}

// pending picks an operation that is pending, and as is says; nil if there is
// none.
func (d *duel) pending(t *target, is func(*journal.Operation) bool) *journal.Operation {
	s, err := journal.Fold(t.History)
	if err != nil {
		d.fail("the history of run %d: %v", t.Run.Key, err)
	}
	var ops []*journal.Operation
	for i := range s.Operations {
		if o := &s.Operations[i]; o.Pending() && is(o) {
			ops = append(ops, o)
		}
	}
	if len(ops) == 0 || t.Run.Status.Closed() {
		return nil
	}
	return pick(d, ops)
}

// discard removes a signal, or a result that nobody waits for, or a message that
// is not there.
func (d *duel) discard() {
	t := d.target()
	if t == nil {
		return
	}
	state, _ := journal.Fold(t.History)
	message := int64(1 << 40)
	for _, m := range t.Inbox {
		if _, wanted := delivery(state, m); m.Kind == journal.SignalMessage || m.Kind == journal.ResultMessage && !wanted {
			message = m.ID
			break
		}
	}
	d.succeeded(d.commit(t.handle, func() []journal.Write {
		return []journal.Write{&journal.Discard{Run: t.Run.Key, Fence: t.Run.Fence, Message: message}}
	}) && message != 1<<40)
}

func (d *duel) claim() {
	var keys []int64
	for range 1 + d.r.IntN(5) {
		keys = append(keys, 1+d.r.Int64N(d.newest+1))
	}
	if t := d.target(); t != nil {
		keys = append(keys, t.Run.Key)
	}
	d.succeeded(d.commit(d.r.IntN(d.handles), func() []journal.Write {
		return []journal.Write{&journal.Claim{Runs: slices.Clone(keys), Now: d.now}}
	}))
}

func (d *duel) release() {
	d.about(func(t *target) journal.Write { return &journal.Release{Runs: []int64{t.Run.Key, t.Run.Key + 1}} })
}

func (d *duel) stick() {
	p := journal.Problem{Kind: "divergence", Message: fmt.Sprint("step ", d.step), Event: 1}
	d.about(func(t *target) journal.Write { return &journal.Stick{Run: t.Run.Key, Fence: t.Run.Fence, Problem: p} })
}

func (d *duel) resume() {
	d.about(func(t *target) journal.Write { return &journal.Resume{Run: t.Run.Key} })
}

func (d *duel) terminate() {
	by, reason := pick(d, []string{"", "ada"}), pick(d, []string{"", "enough"})
	d.about(func(t *target) journal.Write {
		return &journal.Terminate{Run: t.Run.Key, By: by, Reason: reason, At: d.now}
	})
}

func (d *duel) progress() {
	t := d.target()
	if t == nil {
		return
	}
	if op := d.pending(t, (*journal.Operation).Work); op != nil {
		data := json.RawMessage(fmt.Sprint(d.step))
		d.succeeded(d.commit(t.handle, func() []journal.Write {
			return []journal.Write{&journal.Progress{Run: t.Run.Key, Fence: t.Run.Fence, Op: op.Command.Op, Data: slices.Clone(data), At: d.now}}
		}))
	}
}

// several writes about several runs in one commit.
func (d *duel) several() {
	var parts []func() journal.Write
	handle := 0
	for range 2 + d.r.IntN(4) {
		t := d.target()
		if t == nil {
			return
		}
		handle = t.handle
		m, c := d.message(journal.SignalMessage), d.newRun()
		c.Input = json.RawMessage(`1`)
		switch d.r.IntN(4) {
		case 0:
			parts = append(parts, func() journal.Write { w := c; return &w })
		case 1:
			parts = append(parts, func() journal.Write { return &journal.Post{Run: t.Run.Key, Message: m} })
		case 2:
			parts = append(parts, func() journal.Write { return &journal.Claim{Runs: []int64{t.Run.Key}, Now: d.now} })
		default:
			if turn := d.turn(t); turn != nil {
				parts = append(parts, func() journal.Write { return turn() })
			}
		}
	}
	d.succeeded(d.commit(handle, func() []journal.Write {
		var ws []journal.Write
		for _, p := range parts {
			ws = append(ws, p())
		}
		return ws
	}))
}

// leave lets a handle leave and join again.
func (d *duel) leave() {
	_, ok := both(d, d.r.IntN(d.handles), func(s journal.Store) (bool, error) {
		shared, ok := s.(journal.Shared)
		if !ok {
			return true, nil
		}
		if err := shared.Leave(); err != nil {
			return false, err
		}
		return true, shared.Join(bg, silent{})
	})
	d.succeeded(ok)
}

func (d *duel) closeHandle() {
	i := d.r.IntN(d.handles)
	_, ok := both(d, i, func(s journal.Store) (bool, error) { return true, s.Close() })
	d.reopen(i)
	d.succeeded(ok)
}

func (d *duel) kill() {
	if !d.killable() {
		return
	}
	i := d.r.IntN(d.handles)
	for _, s := range d.sides {
		s.harness.Kill(s.stores[i])
	}
	d.reopen(i)
	d.succeeded(true)
}
