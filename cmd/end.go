package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// An endError is a run that did not complete: it failed, was canceled or
// terminated, or is stuck. Its exit code is that of the run's status.
type endError struct {
	program, label string
	run            journal.Run
	data           json.RawMessage // a Failure, or the reason of a termination
	cancel         *journal.CancelRequest
}

// outcome is what the end of a run means: its result, or an *endError.
func (s *invocation) outcome(run journal.Run, state *journal.State) (json.RawMessage, error) {
	if run.Status == journal.StatusCompleted {
		return state.Data, nil
	}
	return nil, &endError{s.Name, s.label(run), run, state.Data, state.Cancel}
}

func (e *endError) code() int {
	switch e.run.Status {
	case journal.StatusStuck:
		return exitStuck
	case journal.StatusCanceled, journal.StatusTerminated:
		return exitCanceled
	}
	return exitFailed
}

func (e *endError) Error() string {
	what := map[journal.Status]string{
		journal.StatusStuck:      " is stuck",
		journal.StatusTerminated: " was terminated",
		journal.StatusCanceled:   " was canceled",
		journal.StatusFailed:     " failed",
	}
	text := e.run.Workflow + " " + e.label + what[e.run.Status]
	if why := e.reason(); why != "" {
		text += ": " + why
	}
	return text
}

// reason says why the run did not complete; "" if nobody said.
func (e *endError) reason() string {
	switch e.run.Status {
	case journal.StatusStuck:
		return problemText(e.run.Problem)
	case journal.StatusTerminated:
		return reasonText(e.data)
	case journal.StatusCanceled:
		if e.cancel != nil {
			return join(by(e.cancel.By, false), reasonText(e.cancel.Reason))
		}
		return strings.TrimPrefix(strings.TrimPrefix(failureText(e.data), "canceled"), ": ")
	}
	return failureText(e.data)
}

func (e *endError) Hint() string {
	if e.run.Status == journal.StatusStuck {
		return fmt.Sprintf("nothing is lost: mend the code, then %s resume %s", e.program, e.label)
	}
	return fmt.Sprintf("%s show %s shows what happened", e.program, e.label)
}

// problemText names both sides of a divergence, what the journal holds and what
// the code asks for, and where in the code each was.
func problemText(raw json.RawMessage) string {
	var p journal.Problem
	if json.Unmarshal(raw, &p) != nil {
		return string(raw)
	}
	text := p.Message
	for _, side := range [...]struct{ name, what, where string }{
		{"recorded", p.Recorded, p.RecordedAt}, {"now", p.Asked, p.AskedAt},
	} {
		if !strings.Contains(p.Message, side.what) {
			text += "; " + side.name + ": " + side.what
		}
		if side.where != "" {
			text += "; " + side.name + " at " + side.where
		}
	}
	return text
}

// failureText is the message of an encoded Failure.
func failureText(data json.RawMessage) string {
	var f journal.Failure
	if json.Unmarshal(data, &f) != nil {
		return string(data)
	}
	return f.Message
}

// reasonText is the text of an encoded reason, which is a string or nothing.
func reasonText(data json.RawMessage) string {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return string(data)
	}
	return s
}
