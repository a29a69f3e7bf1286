package engine

import (
	"encoding/json"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// hosted is the engine's host.Host: an execution seen from one scope.
type hosted struct {
	x     *execution
	scope *scope
}

var _ host.Host = (*hosted)(nil)

func goexit() { runtime.Goexit() }

func (h *hosted) Info() host.Info { return h.x.info }
func (h *hosted) Now() time.Time  { return h.x.now }

// Rand is splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", 2014) over the run's ULID and the number of draws.
func (h *hosted) Rand() uint64 {
	h.x.acts()
	h.x.draws++
	return splitmix(seed(h.x.info.ULID) + h.x.draws*0x9e3779b97f4a7c15)
}

func (h *hosted) Log() slog.Handler { return logHandler{x: h.x} }

func (h *hosted) Activity(name string, in json.RawMessage, o host.Options) host.Pending {
	return h.work(&operation{kind: journal.RunActivity, name: name, input: in, options: o})
}

func (h *hosted) Step(name string, fn host.ActivityFunc, o host.Options) host.Pending {
	return h.work(&operation{kind: journal.RunStep, name: name, fn: fn, options: o})
}

func (h *hosted) Tx(name string, in json.RawMessage, o host.Options) host.Pending {
	return h.work(&operation{kind: journal.RunTx, name: name, input: in, options: o})
}

func (h *hosted) work(op *operation) host.Pending {
	x := h.x
	x.acts()
	if h.scope.err != nil {
		return refused{h.scope.err}
	}
	op.name = text(op.name)
	op.options = op.options.Or(x.defaults(op.name)).Or(host.Defaults)
	x.begin(op, h.scope)
	x.call(journal.Command{Kind: op.kind, Op: op.number, Name: op.name, Data: op.input},
		effect{kind: effectAttempt, op: op})
	return op
}

func (h *hosted) Child(workflow, id string, in json.RawMessage, o host.Options) host.Pending {
	x := h.x
	x.acts()
	if h.scope.err != nil {
		return refused{h.scope.err}
	}
	workflow, id = text(workflow), text(id)
	op := &operation{kind: journal.StartChild, name: workflow, options: o}
	x.begin(op, h.scope)
	x.children = true
	if id == "" {
		id = childID(x.info.ULID, op.number)
	}
	x.call(journal.Command{Kind: op.kind, Op: op.number, Name: workflow, ID: id, Data: in},
		effect{kind: effectChild, op: op, child: id, input: in})
	return op
}

func (h *hosted) Timer(d time.Duration) host.Pending {
	h.x.acts()
	if h.scope.err != nil {
		return refused{h.scope.err}
	}
	return h.x.startTimer(h.scope, d)
}

func (x *execution) startTimer(s *scope, d time.Duration) *operation {
	d = max(d, 0)
	op := &operation{kind: journal.StartTimer}
	x.begin(op, s)
	op.due = journal.Deadline(x.wall, d)
	if x.replay {
		op.due = x.recorded.due(op.number, op.due)
	}
	c := journal.Command{Kind: op.kind, Op: op.number, For: d}
	if !op.due.Equal(journal.Deadline(x.now, d)) { // the clock was set back; else it follows, see Event.Asked
		c.Due = op.due
	}
	x.call(c, effect{kind: effectTimer, op: op})
	return op
}

// text makes a name what JSON, and so a replay, makes of it.
func text(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// begin numbers the operation and makes it pending.
func (x *execution) begin(op *operation, s *scope) {
	x.asked++
	op.number, op.scope, op.asked = x.asked, s, x.now
	x.pending[op.number] = op
}

func (h *hosted) Mailbox(signal string) host.Mailbox {
	h.x.alive()
	return h.x.mailbox(signal)
}

func (h *hosted) Answer(query string, fn func() (json.RawMessage, error)) {
	h.x.alive()
	h.x.answers[query] = fn
}

func (h *hosted) Go(fn func(host.Host)) {
	h.x.acts()
	h.x.spawn(func() { fn(h) })
}

// Await parks the coroutine that runs now, whichever Host it was given, so that
// a workflow that hands one coroutine's Context to another is merely odd.
func (h *hosted) Await(ready func() bool) error {
	x := h.x
	x.acts()
	for {
		if h.scope.err != nil {
			return h.scope.err
		}
		if ready() {
			return nil
		}
		x.current.park(ready, h.scope)
		x.alive()
	}
}
