package runner

import (
	"errors"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/engine"
	"github.com/seed139febb4/durable/runner/host"
)

// Errors that workflow code receives, from operations and scopes.
var (
	ErrCanceled = host.ErrCanceled    // the scope was canceled, or the activity or child was
	ErrTimeout  = host.ErrTimeout     // the scope's time is over, or the activity never answered in its own
	ErrTooLarge = journal.ErrTooLarge // a payload is over Runner.MaxPayload
	ErrUnbound  = errors.New("nothing is bound to the name")
)

// Errors that callers from outside receive.
var (
	ErrNoRun           = journal.ErrNoRun // no run has that id
	ErrAmbiguous       = errors.New("the id is ambiguous")
	ErrExists          = journal.ErrExists // the id is taken: by a run of another workflow, or, for a child, by any
	ErrClosed          = journal.ErrClosed // the run has ended
	ErrOwned           = journal.ErrFenced // another live process owns the run
	ErrTerminated      = engine.ErrTerminated
	ErrUnknownWorkflow = engine.ErrUnknownWorkflow
	ErrUnknownQuery    = engine.ErrUnknownQuery // the error lists the names that the run answers
)

// A StuckError says why a run can go no further until somebody mends the code
// and resumes it.
type StuckError = engine.StuckError

// sentinels are the errors that a recorded failure's code stands for.
var sentinels = map[string]error{
	host.CodeCanceled:   ErrCanceled,
	host.CodeTimeout:    ErrTimeout,
	host.CodeTooLarge:   ErrTooLarge,
	host.CodeUnknown:    ErrUnbound,
	host.CodeExists:     ErrExists,
	host.CodeTerminated: ErrTerminated,
}
