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
	Last      json.RawMessage                // the last recorded heartbeat of an earlier attempt; nil if none
	Heartbeat func(progress json.RawMessage) // returns at once
}

type taskKey struct{}

// WithTask returns a context for the attempt that t describes.
func WithTask(ctx context.Context, t *Task) context.Context {
	return context.WithValue(ctx, taskKey{}, t)
}

// TaskOf returns the attempt that ctx belongs to, nil if to none.
func TaskOf(ctx context.Context) *Task {
	t, _ := ctx.Value(taskKey{}).(*Task)
	return t
}
