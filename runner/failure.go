package runner

import (
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A Failure is an error constant that survives the journal: whoever receives an
// error that wraps it, live or on replay, in this process or another one,
// matches it with [errors.Is].
//
//	const ErrNoRooms runner.Failure = "no rooms"
//
// Of any other error only the text survives.
type Failure string

func (f Failure) Error() string { return string(f) }

// FailureCode is how the journal names the failure.
func (f Failure) FailureCode() string { return string(f) }

// NonRetryable makes err final: an activity that returns it is not tried again.
// It returns nil if err is nil.
func NonRetryable(err error) error {
	if err == nil {
		return nil
	}
	return &final{err}
}

type final struct{ err error }

func (f *final) Error() string { return f.err.Error() }
func (f *final) Unwrap() error { return f.err }
func (f *final) FinalAttempt() {}

// A PanicError is how a panic in an activity reaches the workflow; get it with
// [errors.As].
type PanicError struct {
	Message string // what the panic said
	Stack   string // of the goroutine that panicked, if it was recorded
}

func (e *PanicError) Error() string { return e.Message }

// failure is what an operation ended with, as workflow code sees it.
func (c call) failure(err error) error {
	if f, ok := err.(*journal.Failure); ok && c != (call{}) {
		return &recorded{c, f}
	}
	return c.wrap(err)
}

// recorded is an error that came out of the journal: what an activity, a step
// or a child failed with. The text, and what errors.Is and errors.As find, are
// the same live and on replay.
type recorded struct {
	of call
	f  *journal.Failure
}

func (r *recorded) Error() string { return fmt.Sprintf("%s: %s", r.of, r.f.Message) }

// Unwrap returns the *journal.Failure, so that an engine which has to record
// this error in turn finds all of it.
func (r *recorded) Unwrap() error { return r.f }

func (r *recorded) Is(target error) bool {
	if f, ok := target.(Failure); ok {
		return slices.Contains(r.f.Failures, string(f))
	}
	return r.f.Code != "" && sentinels[r.f.Code] == target
}

func (r *recorded) As(target any) bool {
	switch t := target.(type) {
	case *Failure:
		if len(r.f.Failures) > 0 {
			*t = Failure(r.f.Failures[0])
			return true
		}
	case **PanicError:
		if r.f.Code == host.CodePanic {
			*t = &PanicError{r.f.Message, r.f.Stack}
			return true
		}
	}
	return false
}
