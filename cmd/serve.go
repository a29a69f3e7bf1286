package cmd

import (
	"context"
	"errors"
	"time"
)

// defaultGrace is how long activities may take to stop.
const defaultGrace = 5 * time.Second

// serve runs the runner for as long as fn takes, and returns when every
// goroutine of it is gone. If the runner has to stop, fn's context ends.
func (s *invocation) serve(ctx context.Context, r *client, fn func(context.Context) error) error {
	s.drives.Store(true)
	inner, cancel := context.WithCancelCause(ctx)
	ended := make(chan error, 1)
	go func() {
		err := r.Run(inner)
		if err != nil {
			cancel(err)
		}
		ended <- err
	}()
	var err error
	select {
	case <-r.Ready():
		err = fn(inner)
	case <-inner.Done():
		err = context.Cause(inner)
	}
	cancel(nil)
	if stopped := <-ended; stopped != nil && !errors.Is(err, stopped) {
		err = errors.Join(err, stopped)
	}
	return err
}
