package host

import (
	"encoding/json"
	"errors"

	"github.com/seed139febb4/durable/journal"
)

// Codes of failures that the engine itself reports, in journal.Failure.Code.
const (
	CodeCanceled   = "canceled"
	CodeTimeout    = "timeout"
	CodePanic      = "panic"
	CodeTooLarge   = "toolarge"
	CodeUnknown    = "unbound" // no activity of that name is bound
	CodeExists     = "exists"  // a child's id is taken
	CodeTerminated = "terminated"
)

// A Coded error is a constant that survives the journal: runner.Failure.
type Coded interface {
	error
	FailureCode() string
}

// A Final error ends the attempts: runner.NonRetryable.
type Final interface {
	error
	FinalAttempt()
}

// Encode turns an error into what the journal holds of it. A *journal.Failure
// anywhere in err keeps its code, failures and stack.
func Encode(err error) *journal.Failure {
	f := &journal.Failure{Message: err.Error()}
	var inner *journal.Failure
	if errors.As(err, &inner) {
		f.Code, f.Stack, f.NonRetryable = inner.Code, inner.Stack, inner.NonRetryable
	}
	switch {
	case f.Code != "":
	case errors.Is(err, ErrCanceled):
		f.Code = CodeCanceled
	case errors.Is(err, ErrTimeout):
		f.Code = CodeTimeout
	}
	collect(err, f)
	return f
}

// collect walks err's tree, depth first, as errors.Is does.
func collect(err error, f *journal.Failure) {
	switch e := err.(type) {
	case *journal.Failure:
		f.Failures = append(f.Failures, e.Failures...)
	case Coded:
		f.Failures = append(f.Failures, e.FailureCode())
	}
	if _, ok := err.(Final); ok {
		f.NonRetryable = true
	}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		if e := u.Unwrap(); e != nil {
			collect(e, f)
		}
	case interface{ Unwrap() []error }:
		for _, e := range u.Unwrap() {
			if e != nil {
				collect(e, f)
			}
		}
	}
}

// Marshal is Encode as JSON.
func Marshal(err error) json.RawMessage {
	b, _ := json.Marshal(Encode(err)) // strings and a bool cannot fail
	return b
}
