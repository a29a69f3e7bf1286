package runner

import (
	"cmp"
	"context"
)

// A Handle refers to one run of a workflow with results of type Out.
type Handle[Out any] struct {
	Started
	client Client
	call   call
}

// Wait waits for the run's end and returns its result. The error matches what
// the workflow failed with (every [Failure] constant in it, [ErrCanceled]), or
// [ErrTerminated], or is a [*StuckError]. If ctx ends first the run goes on.
func (h Handle[Out]) Wait(ctx context.Context) (v Out, err error) {
	raw, err := h.client.RunResult(ctx, h.name())
	if err != nil {
		return v, h.call.failure(err)
	}
	return decode[Out](raw, h.call, "result")
}

// Cancel asks the run to stop, on behalf of by, and returns once the request is
// on disk. The workflow may clean up, or even succeed: Wait tells.
func (h Handle[Out]) Cancel(ctx context.Context, by, reason string) error {
	return h.client.CancelRun(ctx, h.name(), by, reason)
}

// name is the ULID where it is known: the id may belong to another run one day.
func (h Handle[Out]) name() string { return cmp.Or(h.ULID, h.ID) }
