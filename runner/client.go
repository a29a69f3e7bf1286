package runner

import (
	"context"
	"encoding/json"

	"github.com/seed139febb4/durable/journal"
)

// A Client reaches runs from outside. A [*Runner] is one, also while it runs
// nothing itself. An id is a user's id or a ULID, exactly.
//
// Programs rather use the typed calls on top of it: [Workflow.Start],
// [Signal.Send], [Query.Ask] and the methods of [Handle].
type Client interface {
	// StartRun begins a run and returns once it is on disk. Nothing is stored
	// if the input does not decode into the workflow's type.
	StartRun(ctx context.Context, s StartRequest) (Started, error)

	// SignalRun gives the run a signal and returns once it is on disk.
	// duplicate: a signal with that key is there already. Nothing is stored if
	// the workflow is known here, declares the signal, and the payload does not
	// decode into its type.
	SignalRun(ctx context.Context, id string, s SignalRequest) (duplicate bool, err error)

	// QueryRun returns the run's answer as of its last committed turn.
	QueryRun(ctx context.Context, id, query string) (json.RawMessage, error)

	// CancelRun asks the run to stop: its operations end with ErrCanceled and
	// the workflow may clean up. It returns once the request is on disk.
	CancelRun(ctx context.Context, id, by, reason string) error

	// TerminateRun ends the run at once, without asking it.
	TerminateRun(ctx context.Context, id, by, reason string) error

	// RunResult waits for the end of the run and returns its result. The error
	// of a failed run is a *journal.Failure; others match ErrCanceled,
	// ErrTerminated, or are a *StuckError.
	RunResult(ctx context.Context, id string) (json.RawMessage, error)
}

// A StartRequest says what to run.
type StartRequest struct {
	Workflow string
	ID       string          // empty: the run is named by its ULID
	Input    json.RawMessage // empty: null
	Origin   journal.Origin  //
	Again    bool            // a finished run with that ID is not in the way
}

// Started says which run a StartRequest led to.
type Started struct {
	ID    string
	ULID  string
	Key   int64 // its number in the journal
	Fresh bool  // it was started by this request, and was not there before
}

// A SignalRequest is a signal in its encoded form.
type SignalRequest struct {
	Name     string
	Payload  json.RawMessage // empty: null
	By       string          // who sends it; a claim, unless
	Verified bool            // this program has made sure of it
	Key      string          // not empty: of several requests with it only the first counts
}
