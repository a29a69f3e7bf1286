package cmd

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
)

// An interruption is the signal that suspends the program: Ctrl-C or SIGTERM.
// It never cancels a run.
type interruption struct{ signal os.Signal }

func (i interruption) Error() string {
	if i.signal == syscall.SIGTERM {
		return "asked to stop"
	}
	return "interrupted"
}

func (i interruption) code() int {
	if n, ok := i.signal.(syscall.Signal); ok {
		return exitInterrupt + int(n)
	}
	return exitInterrupt + int(syscall.SIGINT)
}

func isInterruption(err error) bool {
	var i interruption
	return errors.As(err, &i)
}

// interruptible returns a context that ends with an interruption at the first
// signal. The second one exits at once; nothing is lost then either, but what
// was under way is done again.
func (s *invocation) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for first := true; ; first = false {
			select {
			case <-done:
				return
			case sig := <-s.Signals:
				why := interruption{sig}
				if !first {
					s.screen.Status("")
					s.screen.Line("stopped at once; what was under way will be done again")
					s.Exit(why.code())
					return
				}
				cancel(why)
			}
		}
	})
	return ctx, func() {
		close(done)
		watcher.Wait()
		cancel(nil)
	}
}
