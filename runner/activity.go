package runner

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/seed139febb4/durable/runner/host"
)

// An Activity names a function with effects on the world, from In to Out. It is
// an ordinary function of a [context.Context], and runs at least once: again if
// it fails, and again if the process died before its result was on disk. So it
// should be idempotent; [IdempotencyKey] helps.
type Activity[In, Out any] string

// Bind ties the name to the function that implements it. The options hold for
// every call that does not say otherwise.
func (a Activity[In, Out]) Bind(fn func(context.Context, In) (Out, error), opts ...Option) Binding {
	b := host.Binding{Name: string(a), In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](), Options: options(opts)}
	b.Activity = func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		in, err := decode[In](raw, a.call(), "input")
		if err != nil {
			return nil, NonRetryable(err)
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return result(out, a.call())
	}
	return Binding{b}
}

// Do runs the activity and waits for its result. Once that is in the journal it
// is never computed again.
func (a Activity[In, Out]) Do(ctx *Context, in In, opts ...Option) (Out, error) {
	return a.Go(ctx, in, opts...).Get(ctx)
}

// Go starts the activity and returns at once.
func (a Activity[In, Out]) Go(ctx *Context, in In, opts ...Option) *Future[Out] {
	raw, err := encode(in, a.call(), "input")
	if err != nil {
		return failed[Out](a.call(), err)
	}
	return &Future[Out]{call: a.call(), op: ctx.h.Activity(string(a), raw, options(opts))}
}

func (a Activity[In, Out]) call() call { return call{"activity", string(a)} }

// result encodes what an attempt returned. What cannot be encoded now cannot be
// encoded by the next attempt either.
func result[T any](v T, c call) (json.RawMessage, error) {
	raw, err := encode(v, c, "result")
	if err != nil {
		return nil, NonRetryable(err)
	}
	return raw, nil
}
