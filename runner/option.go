package runner

import (
	"fmt"
	"time"

	"github.com/seed139febb4/durable/runner/host"
)

// An Option tunes one activity, step or child workflow. Options are plain
// values, given where the activity is bound, or at one call, which outranks the
// binding. Without any, an activity has 10 attempts of up to 10 min, with waits
// of 1 s, 2 s, 4 s … up to 1 min between them, each up to 20 % off.
type Option interface{ tune(*host.Options) }

// Attempts is how often an activity is tried at most. Errors, panics and
// time-outs count; a crash of the process does not.
type Attempts int

// Unlimited lets an activity be tried until it succeeds.
const Unlimited Attempts = -1

// Backoff is the wait between attempts. A zero field keeps its default.
type Backoff struct {
	Initial time.Duration // after the first failed attempt
	Factor  float64       // by which each further wait is longer; 1: all the same
	Cap     time.Duration // the longest wait
	Jitter  float64       // 0.2: each wait is up to 20 % shorter or longer; negative: none
}

// Timeout is the time each attempt has: its context ends then, and the attempt
// has failed. Negative: none.
type Timeout time.Duration

// Overall is the time for all attempts and the waits between them.
type Overall time.Duration

// Heartbeats is how long an attempt may go without a call of [Heartbeat] before
// it has failed: an activity that hangs is noticed long before its Timeout.
type Heartbeats time.Duration

// WaitCancel lets an operation that was canceled answer only when its activity
// has returned. Without it the answer is [ErrCanceled] at once, and whatever
// the activity still returns is dropped.
type WaitCancel bool

// NoRetry names a failure that ends the attempts, as if the activity had
// returned it with [NonRetryable].
type NoRetry Failure

func (n Attempts) tune(o *host.Options)   { o.Attempts = int(n) }
func (d Timeout) tune(o *host.Options)    { o.Timeout = time.Duration(d) }
func (d Overall) tune(o *host.Options)    { o.Overall = time.Duration(d) }
func (d Heartbeats) tune(o *host.Options) { o.Heartbeat = time.Duration(d) }
func (w WaitCancel) tune(o *host.Options) { o.WaitCancel = bool(w) }
func (f NoRetry) tune(o *host.Options)    { o.NoRetry = append(o.NoRetry, string(f)) }

func (b Backoff) tune(o *host.Options) {
	o.Initial, o.Factor, o.Cap, o.Jitter = b.Initial, b.Factor, b.Cap, b.Jitter
}

func options(opts []Option) (o host.Options) {
	for _, opt := range opts {
		opt.tune(&o)
	}
	return o
}

func (n Attempts) String() string {
	if n < 0 {
		return "unlimited attempts"
	}
	return fmt.Sprintf("%d attempts", int(n))
}

func (d Timeout) String() string    { return "timeout " + Duration(d).String() }
func (d Overall) String() string    { return "overall " + Duration(d).String() }
func (d Heartbeats) String() string { return "heartbeats " + Duration(d).String() }
func (f NoRetry) String() string    { return "no retry of " + string(f) }

func (w WaitCancel) String() string {
	if w {
		return "wait for cancel"
	}
	return "no wait for cancel"
}

func (b Backoff) String() string {
	s := "backoff"
	if b.Initial != 0 {
		s += " " + Duration(b.Initial).String()
	}
	if b.Factor != 0 {
		s += fmt.Sprintf(" ×%g", b.Factor)
	}
	if b.Cap != 0 {
		s += " up to " + Duration(b.Cap).String()
	}
	if b.Jitter != 0 {
		s += fmt.Sprintf(" ±%g%%", 100*max(b.Jitter, 0))
	}
	return s
}
