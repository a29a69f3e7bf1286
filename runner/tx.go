package runner

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"

	"github.com/seed139febb4/durable/runner/host"
)

// A Tx names a transactional step: a function that writes rows of its own into
// the journal's SQLite file. Its rows and its result are one commit, so it
// happens exactly once, whenever the process dies.
//
//	const Record runner.Tx[Entry, Receipt] = "record"
//
// It holds up every other commit while it runs, so it must be quick (50 ms):
// keep slow work in an activity before it. It needs a store with SQL; on any
// other, a call fails.
type Tx[In, Out any] string

// A Schema is one or several SQL statements that are executed once in a file
// before a step that was bound with them runs there for the first time.
type Schema string

// Bind ties the name to the function that implements it. The function must not
// begin, commit or roll back anything, and must not keep tx when it returns.
func (x Tx[In, Out]) Bind(fn func(context.Context, *sql.Tx, In) (Out, error), schema ...Schema) Binding {
	b := host.Binding{Name: string(x), In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out]()}
	for _, s := range schema {
		b.Schema = append(b.Schema, string(s))
	}
	b.Tx = func(ctx context.Context, tx *sql.Tx, raw json.RawMessage) (json.RawMessage, error) {
		in, err := decode[In](raw, x.call(), "input")
		if err != nil {
			return nil, NonRetryable(err)
		}
		out, err := fn(ctx, tx, in)
		if err != nil {
			return nil, err
		}
		return result(out, x.call())
	}
	return Binding{b}
}

// Do runs the step and waits for its result.
func (x Tx[In, Out]) Do(ctx *Context, in In, opts ...Option) (Out, error) {
	return x.Go(ctx, in, opts...).Get(ctx)
}

// Go starts the step and returns at once.
func (x Tx[In, Out]) Go(ctx *Context, in In, opts ...Option) *Future[Out] {
	raw, err := encode(in, x.call(), "input")
	if err != nil {
		return failed[Out](x.call(), err)
	}
	return &Future[Out]{call: x.call(), op: ctx.h.Tx(string(x), raw, options(opts))}
}

func (x Tx[In, Out]) call() call { return call{"transaction", string(x)} }
