package runner

import "errors"

// A Case is something [Select] can wait for: a *[Future] or an *[Inbox]. Two
// cases are the same if they are the same pointer. A nil case is never ready,
// like a nil channel.
type Case interface{ ready() bool }

// Select waits until one of the cases is ready and returns it, the first in
// order if several are. It takes nothing: the value is still to be had by Get
// or Receive.
//
//	won, err := runner.Select(ctx, yes, no, late)
//	if err != nil {
//		return err
//	}
//	switch won {
//	case yes:
//	case no:
//	case late:
//	}
//
// The error is that of the scope, [ErrCanceled] or [ErrTimeout]; it outranks
// any case that is ready.
func Select(ctx *Context, cases ...Case) (Case, error) {
	if len(cases) == 0 {
		return nil, errors.New("select: there is nothing to wait for")
	}
	first := func() Case {
		for _, c := range cases {
			if c != nil && c.ready() {
				return c
			}
		}
		return nil
	}
	if err := ctx.h.Await(func() bool { return first() != nil }); err != nil {
		return nil, err
	}
	return first(), nil
}
