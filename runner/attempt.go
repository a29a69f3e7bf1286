package runner

import (
	"context"
	"encoding/json"

	"github.com/seed139febb4/durable/runner/host"
)

// Attempt is which attempt of its activity ctx belongs to, counted from 1; 0 if
// to none. An attempt that was cut short by a crash, or by the end of its
// process, has the same number as the one that makes up for it.
func Attempt(ctx context.Context) int {
	if t := host.TaskOf(ctx); t != nil {
		return t.Attempt
	}
	return 0
}

// IdempotencyKey is the same for every attempt of one operation, also after a
// crash, and different for any other operation, so that the far side can tell a
// repetition from a new request. It is empty outside an activity.
func IdempotencyKey(ctx context.Context) string {
	if t := host.TaskOf(ctx); t != nil {
		return t.Key
	}
	return ""
}

// Heartbeat says that the attempt is alive and how far it has come. It returns
// at once; the latest progress is written to disk with a later commit, at most
// every 50 ms. The error is the reason why the attempt should stop, if it should,
// or a [*PayloadError]. Outside an activity only the former is looked at.
func Heartbeat[T any](ctx context.Context, progress T) error {
	t := host.TaskOf(ctx)
	if t == nil || t.Heartbeat == nil {
		return context.Cause(ctx)
	}
	raw, err := encode(progress, call{"activity", t.Activity}, "progress")
	if err != nil {
		return err
	}
	t.Heartbeat(raw)
	return context.Cause(ctx)
}

// LastProgress is the last recorded [Heartbeat] of an earlier attempt, also of
// one that was cut short by a crash: where to go on. It is false if there is
// none, or if it is no T.
func LastProgress[T any](ctx context.Context) (progress T, ok bool) {
	t := host.TaskOf(ctx)
	if t == nil || t.Last == nil {
		return progress, false
	}
	var last T
	if json.Unmarshal(t.Last, &last) != nil {
		return progress, false
	}
	return last, true
}
