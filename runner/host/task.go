package host

import (
	"context"
	"encoding/json"
	"time"
)

// A Task is what an attempt of an activity may know about itself.
type Task struct {
	Run       Info
	Activity  string
	Op        int64  // the operation's number within its run
	Attempt   int    // from 1; attempts cut short by a crash are not counted
	Key       string // the same for every attempt and after every crash, different for any other operation
	Scheduled time.Time
	Until     time.Time                      // when it times out; zero: never, or as its context says
	Last      json.RawMessage                // the last recorded heartbeat of an earlier attempt; nil if none
	Heartbeat func(progress json.RawMessage) // returns at once
}

type taskKey struct{}

// A taskContext tells user code the deadline that the engine's own timer
// enforces.
type taskContext struct {
	context.Context
	task *Task
}

func (c *taskContext) Value(key any) any {
	if key == (taskKey{}) {
		return c.task
	}
	return c.Context.Value(key)
}

func (c *taskContext) Deadline() (time.Time, bool) {
	if c.task.Until.IsZero() {
		return c.Context.Deadline()
	}
	return c.task.Until, true
}

// WithTask returns a context for the attempt that t describes.
func WithTask(ctx context.Context, t *Task) context.Context { return &taskContext{ctx, t} }

// TaskOf returns the attempt that ctx belongs to, nil if to none.
func TaskOf(ctx context.Context) *Task {
	t, _ := ctx.Value(taskKey{}).(*Task)
	return t
}
