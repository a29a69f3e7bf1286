package runner

import (
	"context"
	"encoding/json"
	"reflect"
	"time"

	"github.com/seed139febb4/durable/runner/host"
)

// A Signal names a message of type T that anyone may send to a run, while it
// runs, waits, or is not running anywhere.
type Signal[T any] string

// Inbox is the run's queue of the signal's messages. It is one queue, and one
// pointer, however often it is asked for: a case of [Select].
func (s Signal[T]) Inbox(ctx *Context) *Inbox[T] {
	if box, ok := ctx.run.inboxes[s].(*Inbox[T]); ok {
		return box
	}
	box := &Inbox[T]{call: s.call(), box: ctx.h.Mailbox(string(s))}
	ctx.run.inboxes[s] = box
	return box
}

// Receive takes the next value of the signal, waiting for one if there is none.
func (s Signal[T]) Receive(ctx *Context) (T, error) { return s.Inbox(ctx).Receive(ctx) }

// Send gives v to the run with that id and returns once it is on disk: the run gets
// it, exactly once, even if nobody runs it now. The error matches [ErrNoRun] or
// [ErrClosed] if it never can.
func (s Signal[T]) Send(ctx context.Context, c Client, id string, v T, opts ...SendOption) error {
	raw, err := encode(v, s.call(), "payload")
	if err != nil {
		return err
	}
	req := SignalRequest{Name: string(s), Payload: raw}
	for _, o := range opts {
		o.stamp(&req)
	}
	_, err = c.SignalRun(ctx, id, req)
	return err
}

func (s Signal[T]) call() call { return call{"signal", string(s)} }

func (s Signal[T]) port() host.Port {
	return host.Port{Name: string(s), Type: reflect.TypeFor[T](), Check: func(raw json.RawMessage) error {
		_, err := decode[T](raw, s.call(), "payload")
		return err
	}}
}

// A SendOption says more about a signal: [By], [Key].
type SendOption interface{ stamp(*SignalRequest) }

// By says who sends the signal; [Message].By shows it. It is a claim: a program
// that has made sure of it says so in [SignalRequest].Verified.
type By string

// Key makes a repeated send harmless: of all signals that a run is sent with
// the same key only the first is delivered.
type Key string

func (b By) stamp(r *SignalRequest)  { r.By = string(b) }
func (k Key) stamp(r *SignalRequest) { r.Key = string(k) }

// An Inbox is a run's queue of one signal's messages, oldest first. What is
// still in it when the workflow returns is dropped, and shown as unread.
type Inbox[T any] struct {
	call call
	box  host.Mailbox
}

// A Message is a signal's value with who sent it and when it was stored.
type Message[T any] struct {
	Value    T
	By       string // who sent it, as far as the sender says
	Verified bool   // the sender's program made sure of By: of "durable signal" without --by, it is the user that its process runs as
	At       time.Time
}

// Receive takes the oldest value, waiting for one if there is none.
func (i *Inbox[T]) Receive(ctx *Context) (T, error) {
	m, err := i.Message(ctx)
	return m.Value, err
}

// Message is Receive, and says by whom and when. A payload that is not a T is
// taken too; the error is then a [*PayloadError].
func (i *Inbox[T]) Message(ctx *Context) (Message[T], error) {
	if err := ctx.h.Await(i.ready); err != nil {
		return Message[T]{}, i.call.wrap(err)
	}
	m := i.box.Pop()
	v, err := decode[T](m.Payload, i.call, "payload")
	return Message[T]{Value: v, By: m.By, Verified: m.Verified, At: m.At}, err
}

// Len is the number of messages waiting to be taken.
func (i *Inbox[T]) Len() int { return i.box.Len() }

func (i *Inbox[T]) ready() bool { return i != nil && i.box.Len() > 0 }
