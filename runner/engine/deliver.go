package engine

import (
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// deliver changes what the workflow can see.
func (x *execution) deliver(e *journal.Event) {
	switch e.Kind {
	case journal.Started:
		in := e.Data // of e itself the coroutine would keep the page that it was read in
		x.spawn(func() { x.main(in) })
	case journal.ActivityCompleted, journal.ChildCompleted:
		x.complete(e.Op, e.Data, nil)
	case journal.ActivityFailed, journal.ChildFailed:
		x.complete(e.Op, nil, decodeFailure(e.Data))
	case journal.TimerFired:
		x.fire(e.Op, e.Facts().Due)
	case journal.SignalReceived:
		note := e.Facts()
		x.mailbox(e.Name).put(host.Message{Payload: e.Data, By: note.By, Verified: note.Verified, At: note.Sent}, e.Seq)
	case journal.CancelRequested:
		x.canceled = true
		x.endScope(x.root, host.ErrCanceled)
	}
}

func (x *execution) complete(number int64, data json.RawMessage, err error) {
	if op := x.pending[number]; op != nil {
		x.settled(op)
		op.answer(data, err)
	}
}

// fire answers a timer with its deadline as the event has it: op.due is unset
// when the turn is live.
func (x *execution) fire(number int64, due time.Time) {
	op := x.pending[number]
	if op == nil {
		return
	}
	x.settled(op)
	stamp, _ := json.Marshal(due)
	op.answer(stamp, nil)
	if op.expires != nil {
		x.endScope(op.expires, host.ErrTimeout)
	}
}

// attemptFailed notes an event that the workflow does not see. Time does not go
// back behind it all the same.
func (x *execution) attemptFailed(e *journal.Event) {
	x.now = e.At
	if op := x.pending[e.Op]; op != nil {
		op.failed++
		op.due = e.Facts().Due
	}
}

func (x *execution) settled(op *operation) { delete(x.pending, op.number) }
