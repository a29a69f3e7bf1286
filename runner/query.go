package runner

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/seed139febb4/durable/runner/host"
)

// A Query names a question that a run answers with a T, without being changed
// by it. It is answered while the run waits, and after it has ended.
type Query[T any] string

// Answer serves the query from fn, which is called between the workflow's turns
// and may read its variables. It must not wait for anything.
func (q Query[T]) Answer(ctx *Context, fn func() T) {
	ctx.h.Answer(string(q), func() (json.RawMessage, error) { return encode(fn(), q.call(), "answer") })
}

// Ask returns the answer of the run with that id as of its last committed turn.
// The error matches [ErrUnknownQuery] if the workflow does not answer it.
func (q Query[T]) Ask(ctx context.Context, c Client, id string) (T, error) {
	raw, err := c.QueryRun(ctx, id, string(q))
	if err != nil {
		var zero T
		return zero, err
	}
	return decode[T](raw, q.call(), "answer")
}

func (q Query[T]) call() call { return call{"query", string(q)} }

func (q Query[T]) port() host.Port {
	return host.Port{Name: string(q), Query: true, Type: reflect.TypeFor[T]()}
}
