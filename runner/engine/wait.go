package engine

import (
	"context"
	"sync"
)

// A Waiter is a Scheduler that callers wait in, too: a simulation has one thread,
// which nothing may block.
type Waiter interface {
	Scheduler
	// Wait returns once ready holds, which is asked again and again and changes
	// nothing.
	Wait(ready func() bool)
}

// received waits for what comes on c, or for the end of ctx.
func received[T any](ctx context.Context, e *Engine, c <-chan T) (v T, err error) {
	if e.waiter != nil {
		e.waiter.Wait(func() bool { return len(c) > 0 || ctx.Err() != nil })
		if len(c) > 0 {
			ctx = context.Background() // one outcome, whatever else is ready
		}
	}
	select {
	case v = <-c:
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// await returns once until holds or ctx has ended. The caller holds told.L; told
// is told whenever until may have come to hold.
func (e *Engine) await(ctx context.Context, told *sync.Cond, until func() bool) {
	if e.waiter != nil {
		told.L.Unlock()
		defer told.L.Lock()
		e.waiter.Wait(func() bool {
			told.L.Lock()
			defer told.L.Unlock()
			return until() || ctx.Err() != nil
		})
		return
	}
	stop := context.AfterFunc(ctx, func() {
		told.L.Lock()
		defer told.L.Unlock()
		told.Broadcast()
	})
	defer stop()
	for !until() && ctx.Err() == nil {
		told.Wait()
	}
}
