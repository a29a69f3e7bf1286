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
	s      *invocation
	run    journal.Run
	data   json.RawMessage // a Failure, or the reason of a termination
	cancel *journal.CancelRequest
}

// outcome is what the end of a run means: its result, or an *endError. state is
// what its verified history means, which must agree.
func (s *invocation) outcome(run journal.Run, state *journal.State) (json.RawMessage, error) {
	if run.Status.Closed() && state.Status != run.Status {
		return nil, fmt.Errorf("%s %s: %w: it is marked as %s, and event %d, its last, does not end it so",
			run.Workflow, s.label(run), journal.ErrDamaged, run.Status, state.Seq)
	}
	if run.Status == journal.StatusCompleted {
		return state.Data, nil
	}
	return nil, &endError{s, run, state.Data, state.Cancel}
}

// The kinds of problem that need something else than mended code.
const (
	problemDamage = "damage"
	problemCrash  = "crash"
)

// problem is why the run is stuck.
func (e *endError) problem() (p journal.Problem) {
	_ = json.Unmarshal(e.run.Problem, &p) // what cannot be read is of no kind that is known
	return p
}

func (e *endError) code() int {
	switch e.run.Status {
	case journal.StatusStuck:
		return stuckCode(e.problem())
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
	text := e.run.Workflow + " " + e.s.label(e.run) + what[e.run.Status]
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
	label := e.s.label(e.run)
	if e.run.Status != journal.StatusStuck {
		return e.s.command("show", label) + " shows what happened"
	}
	resume := e.s.command("resume", label)
	switch e.problem().Kind {
	case problemDamage:
		return e.s.mend()
	case problemCrash:
		return "it took its process with it each time: look at what it does there, and at its memory; then " + resume + " tries again"
	}
	return "nothing is lost: mend the code, then " + resume
}

// problemText names both sides of a divergence, what the journal holds and what
// the code asks for, and where in the code each was.
func problemText(raw json.RawMessage) string {
	var p journal.Problem
	if json.Unmarshal(raw, &p) != nil {
		return string(raw)
	}
	return bothSides(p)
}

func bothSides(p journal.Problem) string {
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
