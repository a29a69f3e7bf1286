package runner

import (
	"context"
	"encoding/json"
)

// Step runs fn and records its result: an activity that is used in one place
// only, without a binding. Like an activity it runs at least once, and never
// again once its result is in the journal. fn must not change variables of the
// workflow, since a replay does not call it: what it has to say it returns.
func Step[T any](ctx *Context, name string, fn func(context.Context) (T, error), opts ...Option) (T, error) {
	c := call{"step", name}
	op := ctx.h.Step(name, func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		v, err := fn(ctx)
		if err != nil {
			return nil, err
		}
		return result(v, c)
	}, options(opts))
	return (&Future[T]{call: c, op: op}).Get(ctx)
}
