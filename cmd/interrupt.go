package cmd

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
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

// sameSignal is how soon after the first one a signal is still the same: timeout
// and shells send one to the process, and then to its group as well. Nobody
// presses Ctrl-C twice in that time.
const sameSignal = 200 * time.Millisecond

// interruptible returns a context that ends with an interruption at the first
// signal. The second one exits at once; nothing is lost then either, but what
// was under way is done again. A command that runs nothing has nothing to say
// about that.
func (s *invocation) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		var first time.Time
		for {
			select {
			case <-done:
				return
			case sig := <-s.Signals:
				why := interruption{sig}
				switch {
				case first.IsZero():
					first = time.Now()
					cancel(why)
				case context.Cause(ctx) == why && time.Since(first) < sameSignal:
				default:
					s.screen.Status("")
					if s.drives.Load() {
						s.screen.Line("stopped at once; what was under way will be done again")
					}
					s.Exit(why.code())
					return
				}
			}
		}
	})
	return ctx, func() {
		close(done)
		watcher.Wait()
		cancel(nil)
	}
}
