package engine

import "time"

// A Task is a piece of the engine's work. It may end by returning another, which
// then runs on the same goroutine: handing it to a new one would cost more than
// most tasks do.
type Task func() (next Task)

// leaf is a task that leads to no other.
func leaf(fn func()) Task {
	return func() Task {
		fn()
		return nil
	}
}

// A Scheduler is the one place where the engine meets time, chance and
// concurrency. All work is cut into tasks that do not wait for one another, so a
// simulation can run a whole engine in one thread by choosing which task is
// next; see docs/decisions/0005.
type Scheduler interface {
	// Now is the wall clock, without a monotonic reading.
	Now() time.Time
	// Go runs task at some time. It does not wait for other tasks to end.
	Go(task Task)
	// After runs task, as Go does, once d has passed. stop prevents that, if it
	// has not begun, and is safe to call at any time.
	After(d time.Duration, task Task) (stop func())
	// Both runs a and b, at the same time if it can, and returns when both have ended.
	// They wait neither for each other nor for a task.
	Both(a, b func())
	// Rand returns 64 random bits, for new ids.
	Rand() uint64
}
