package runner

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/seed139febb4/durable/runner/host"
)

// A Workflow names a durable function from In to Out. The name is what the
// journal, the command line and the logs show, so it is a constant of its own
// and not the name of the Go function:
//
//	const Approval runner.Workflow[Request, Outcome] = "approval"
//
// In and Out are stored as JSON.
type Workflow[In, Out any] string

// Bind ties the name to the function that implements it. accepts lists the
// [Signal] and [Query] constants it understands, so that a command line or a
// form knows their names and types and a misshapen payload is refused before it
// is stored. What is not listed still arrives.
func (w Workflow[In, Out]) Bind(fn func(*Context, In) (Out, error), accepts ...Port) Binding {
	b := host.Binding{Name: string(w), In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out]()}
	for _, p := range accepts {
		b.Accepts = append(b.Accepts, p.port())
	}
	b.Workflow = func(h host.Host, raw json.RawMessage) (json.RawMessage, error) {
		in, err := decode[In](raw, w.call(), "input")
		if err != nil {
			return nil, err
		}
		out, err := fn(newContext(h), in)
		if err != nil {
			return nil, err
		}
		return encode(out, w.call(), "result")
	}
	return Binding{b}
}

// Do runs the workflow as a child of this one and waits for its result. id may
// be empty: the child then gets an id made from its parent's. If an unfinished
// run has that id already the error matches [ErrExists].
func (w Workflow[In, Out]) Do(ctx *Context, id string, in In, opts ...Option) (Out, error) {
	return w.Go(ctx, id, in, opts...).Get(ctx)
}

// Go starts the workflow as a child of this one and returns at once.
func (w Workflow[In, Out]) Go(ctx *Context, id string, in In, opts ...Option) *Future[Out] {
	raw, err := encode(in, w.call(), "input")
	if err != nil {
		return failed[Out](w.call(), err)
	}
	return &Future[Out]{call: w.call(), op: ctx.h.Child(string(w), id, raw, options(opts))}
}

// Start begins a run from outside and returns once it is on disk. A run that
// already has that id, finished or not, is returned instead: [Handle].Fresh
// tells them apart, and the error matches [ErrExists] if it is of another
// workflow. With an empty id every Start is a new run, named by its ULID.
func (w Workflow[In, Out]) Start(ctx context.Context, c Client, id string, in In) (Handle[Out], error) {
	raw, err := encode(in, w.call(), "input")
	if err != nil {
		return Handle[Out]{}, err
	}
	started, err := c.StartRun(ctx, StartRequest{Workflow: string(w), ID: id, Input: raw})
	if err != nil {
		return Handle[Out]{}, err
	}
	return Handle[Out]{Started: started, client: c, call: w.call()}, nil
}

// Handle refers to a run that was started before, perhaps by another process.
// Whether there is one shows when the handle is used.
func (w Workflow[In, Out]) Handle(c Client, id string) Handle[Out] {
	return Handle[Out]{Started: Started{ID: id}, client: c, call: w.call()}
}

func (w Workflow[In, Out]) call() call { return call{"workflow", string(w)} }
