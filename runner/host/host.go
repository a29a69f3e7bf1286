// Package host is the seam between workflow code and the engine that runs it.
//
// Only engines implement it: the embedded one (package engine), and the
// Temporal adapter. Everything a workflow author sees is written once, in
// package runner, on top of these few primitives. There is exactly one way to
// block: [Host.Await]. The compatibility promise of the module does not cover
// this package.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// ErrCanceled ends an operation whose scope was canceled.
var ErrCanceled = errors.New("canceled")

// ErrTimeout ends an operation that ran out of time: a scope with a timeout, or
// an activity that used up its attempts by not answering.
var ErrTimeout = errors.New("timed out")

// A Host is what an engine lends to one coroutine of one workflow run, within
// one scope. It is used by that coroutine only.
type Host interface {
	Info() Info
	Now() time.Time    // the journaled time of the turn; never goes back
	Rand() uint64      // from the run's own ULID and the position; the same on replay
	Log() slog.Handler // silent on replay; what it is given leaves with the turn's commit

	// Operations: each is asked for at once, in the order of the calls, and
	// answered later. In a canceled scope they answer with ErrCanceled at once.
	Activity(name string, in json.RawMessage, o Options) Pending
	Step(name string, fn ActivityFunc, o Options) Pending
	Tx(name string, in json.RawMessage, o Options) Pending
	Child(workflow, id string, in json.RawMessage, o Options) Pending // id "": made from the run's own
	Timer(d time.Duration) Pending

	Mailbox(signal string) Mailbox // the same one for the same name, all run long
	Answer(query string, fn func() (json.RawMessage, error))

	Go(fn func(Host)) // a further coroutine, in the same scope

	// Scope opens a scope within this one. cancel, or the end of timeout if
	// that is not 0, ends every operation started in it: with ErrCanceled, or
	// with ErrTimeout. The end of the parent scope ends it too.
	Scope(timeout time.Duration) (h Host, cancel func())
	Shielded() Host // a scope that nothing cancels
	Err() error     // why this scope has ended; nil while it goes on

	// Await blocks this coroutine until ready reports true. Its scope's end
	// outranks that: then it returns Err() at once. ready must have no effects.
	Await(ready func() bool) error
}

// Info says which run this is. It does not change while the run lives.
type Info struct {
	ID       string // the user's
	ULID     string
	Workflow string
	Started  time.Time
}

// A Pending is an operation that the engine completes later.
type Pending interface {
	Ready() bool
	Result() (json.RawMessage, error) // only once Ready; an error other than ErrCanceled and ErrTimeout is a *journal.Failure
}

// A Mailbox holds one signal's messages that the workflow has not taken yet,
// oldest first.
type Mailbox interface {
	Len() int
	Peek() Message // only if Len() > 0
	Pop() Message  // likewise
}

// A Message is a signal as the workflow sees it.
type Message struct {
	Payload  json.RawMessage
	By       string
	Verified bool // By is more than a claim
	At       time.Time
}

// A WorkflowFunc runs workflow code with its encoded input.
type WorkflowFunc func(Host, json.RawMessage) (json.RawMessage, error)

// An ActivityFunc runs an activity with its encoded input; the input of a step
// is nil.
type ActivityFunc func(context.Context, json.RawMessage) (json.RawMessage, error)

// Options tune one operation. A zero field means: what the binding says, and if
// that is zero too, Defaults.
type Options struct {
	Attempts   int           // how often at most; negative: without end
	Initial    time.Duration // the wait after the first failed attempt
	Factor     float64       // by which each further wait is longer
	Cap        time.Duration // the longest wait
	Jitter     float64       // 0.2: each wait is up to 20 % shorter or longer; negative: none
	Timeout    time.Duration // for each attempt; negative: none
	Overall    time.Duration // from the first attempt's start to the last one's end; 0: none
	Heartbeat  time.Duration // an attempt that is silent for longer has failed; 0: none
	WaitCancel bool          // a canceled operation answers only when its activity has returned
	NoRetry    []string      // failures, by Coded.FailureCode, that end the attempts
}

// Defaults are the options of an activity nobody tuned: 10 attempts, 1 s, twice
// as long each time up to 1 min, 20 % jitter, 10 min an attempt.
var Defaults = Options{Attempts: 10, Initial: time.Second, Factor: 2, Cap: time.Minute, Jitter: 0.2, Timeout: 10 * time.Minute}

// Or fills every zero field of o from d.
func (o Options) Or(d Options) Options {
	if o.Attempts == 0 {
		o.Attempts = d.Attempts
	}
	if o.Initial == 0 {
		o.Initial = d.Initial
	}
	if o.Factor == 0 {
		o.Factor = d.Factor
	}
	if o.Cap == 0 {
		o.Cap = d.Cap
	}
	if o.Jitter == 0 {
		o.Jitter = d.Jitter
	}
	if o.Timeout == 0 {
		o.Timeout = d.Timeout
	}
	if o.Overall == 0 {
		o.Overall = d.Overall
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = d.Heartbeat
	}
	if o.NoRetry == nil {
		o.NoRetry = d.NoRetry
	}
	o.WaitCancel = o.WaitCancel || d.WaitCancel
	return o
}

// Final reports whether no attempt follows one that failed with f.
func (o Options) Final(f *journal.Failure) bool {
	return f.NonRetryable || slices.ContainsFunc(o.NoRetry, func(code string) bool { return slices.Contains(f.Failures, code) })
}
