package runner

import (
	"iter"
	"slices"

	"github.com/seed139febb4/durable/runner/host"
)

// A Future is the result of an operation that goes on. It may be asked for its
// value any number of times, by any coroutine of its run.
type Future[T any] struct {
	call call
	op   host.Pending // nil: the operation could not even be started, see err
	err  error
}

func failed[T any](c call, err error) *Future[T] { return &Future[T]{call: c, err: err} }

// Get waits for the value. If ctx ends first, the error matches [ErrCanceled] or
// [ErrTimeout], and the operation goes on unless it was started in that scope.
func (f *Future[T]) Get(ctx *Context) (v T, err error) {
	if f.op == nil {
		return v, f.err
	}
	if err := ctx.h.Await(f.op.Ready); err != nil {
		return v, f.call.wrap(err)
	}
	raw, err := f.op.Result()
	if err != nil {
		return v, f.call.failure(err)
	}
	return decode[T](raw, f.call, "result")
}

// Ready reports whether Get would return at once.
func (f *Future[T]) Ready() bool { return f.op == nil || f.op.Ready() }

func (f *Future[T]) ready() bool { return f != nil && f.Ready() }

// All waits for every future and returns the values in order, or the first
// error in that order as soon as it is known.
func All[T any](ctx *Context, futures ...*Future[T]) ([]T, error) {
	values := make([]T, len(futures))
	for i, f := range futures {
		v, err := f.Get(ctx)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// Each yields the futures in the order in which they become ready, with their
// positions in the argument list. If ctx ends, those that are left are yielded
// too: their Get then says so.
//
//	for i, f := range runner.Each(ctx, quotes...) {
//		price, err := f.Get(ctx)
//		…
//	}
func Each[T any](ctx *Context, futures ...*Future[T]) iter.Seq2[int, *Future[T]] {
	return func(yield func(int, *Future[T]) bool) {
		left := make([]int, len(futures))
		for i := range left {
			left[i] = i
		}
		next := func() int {
			return slices.IndexFunc(left, func(i int) bool { return futures[i].ready() })
		}
		for len(left) > 0 {
			at := 0
			if ctx.h.Await(func() bool { return next() >= 0 }) == nil {
				at = next()
			}
			i := left[at]
			left = slices.Delete(left, at, at+1)
			if !yield(i, futures[i]) {
				return
			}
		}
	}
}
