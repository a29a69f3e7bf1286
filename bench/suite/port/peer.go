package port

import (
	"context"
	"fmt"
	"runtime/debug"
)

// A Peer is a system that can be measured, in one of its settings.
type Peer struct {
	Name    string // as -peers takes it
	Version string
	Durable string // what a commit waits for, in one line

	// Alone says why a second process cannot stand by on the same files; empty:
	// it can.
	Alone string

	// Open starts the system on the files in dir, new or not, ready to run
	// workflows. It listens on the loopback interface at most.
	Open func(ctx context.Context, dir string, w *Work) (System, error)
}

// ModuleVersion is the version of a module that the program was built with; empty if
// it was built without.
func ModuleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return ""
}

// A System is a peer that runs. All methods but Close may be called by several
// goroutines. What it acknowledges is as durable as Peer.Durable says.
type System interface {
	// Sequence runs one workflow to its end: n activities, each begun with the
	// result of the one before.
	Sequence(ctx context.Context, n int) error

	// Fan runs one workflow to its end: n activities, all begun before the first
	// result is awaited.
	Fan(ctx context.Context, n int) error

	// Sleep starts a workflow that does nothing but sleep for a day, and returns
	// once it is acknowledged.
	Sleep(ctx context.Context) error

	// Await starts the workflow id, which is a Sequence of n activities, then
	// calls Work.Reached, then receives one signal, and ends.
	Await(ctx context.Context, id string, n int) error

	// Signal sends that signal, and returns once it is acknowledged.
	Signal(ctx context.Context, id string) error

	// Result waits for the end of a workflow that this process began with Await.
	Result(ctx context.Context, id string) error

	// Hang starts a workflow with one activity that calls Work.Reached and then
	// stays until its context ends.
	Hang(ctx context.Context) error

	Close() error
}

// A NotOffered is the error of a method that a system does not have: why.
type NotOffered string

func (n NotOffered) Error() string { return string(n) }

// A Crowder is a system that has a way of its own to run many workflows at
// once; without it, Workload W2 calls Sequence from many goroutines.
type Crowder interface {
	Crowd(ctx context.Context, runs, steps, inFlight int) error
}

// Work is what workflows and activities do when they are called.
type Work struct {
	stepped func()
	reached chan struct{}
}

func newWork() *Work { return &Work{stepped: func() {}, reached: make(chan struct{}, 1)} }

// Step is the body of every activity.
func (w *Work) Step(_ context.Context, n int) (int, error) {
	w.stepped()
	return n + 1, nil
}

// Reached notes that a workflow, or an activity, has come to a place. A second
// call before the first was noticed is the same as one.
func (w *Work) Reached() {
	select {
	case w.reached <- struct{}{}:
	default:
	}
}

func (w *Work) awaitReached(ctx context.Context) error {
	select {
	case <-w.reached:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the workflow to come so far: %w", ctx.Err())
	}
}
