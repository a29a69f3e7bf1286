package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// ErrTerminated is what a terminated run's result is.
var ErrTerminated = errors.New("terminated")

// ErrUnknownQuery means that the run answers no query of that name.
var ErrUnknownQuery = errors.New("unknown query")

// ErrUnknownWorkflow means that no workflow of that name is bound here.
var ErrUnknownWorkflow = errors.New("unknown workflow")

// A StuckError is why a run does not go on until it is resumed or terminated.
type StuckError struct {
	Run     string
	Problem journal.Problem
}

func (e *StuckError) Error() string {
	return fmt.Sprintf("run %s is stuck: %s", e.Run, e.Problem.Message)
}

// A brokenError is a panic of workflow code.
type brokenError struct {
	event int64
	crash *crash
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("the workflow panicked after event %d: %v", e.event, e.crash.value)
}

func (e *brokenError) Problem() journal.Problem {
	return journal.Problem{Kind: "panic", Message: e.Error(), Event: e.event, Stack: e.crash.stack}
}

// A troubled error can be kept as the problem of a stuck run.
type troubled interface {
	error
	Problem() journal.Problem
}

// An unboundError is an activity that workflow code asks for and this program
// does not have.
type unboundError struct {
	op   int64
	name string
}

func (e *unboundError) Error() string {
	return fmt.Sprintf("no activity %q is bound in this program (operation %d)", e.name, e.op)
}

func (e *unboundError) Problem() journal.Problem {
	return journal.Problem{Kind: "unbound", Message: e.Error(), Op: e.op, Asked: "activity " + e.name}
}

// A crashError is a run under which the process died every time it was tried.
type crashError struct {
	times int
	event int64
	steps []string // what was under way
}

func (e *crashError) Error() string {
	what := "a turn of the workflow"
	if len(e.steps) > 0 {
		what = strings.Join(e.steps, ", ")
	}
	return fmt.Sprintf("the process died %d times in a row after event %d, with this under way: %s", e.times, e.event, what)
}

func (e *crashError) Problem() journal.Problem {
	return journal.Problem{Kind: "crash", Message: e.Error(), Event: e.event, Asked: strings.Join(e.steps, ", ")}
}

// crashed names what was under way when the process died again and again. It
// reads the history without running the workflow, which may be what kills.
func (r *run) crashed(times int) *crashError {
	err := &crashError{times: times}
	chain, pending := journal.NewChain(r.ref()), unfinished{}
	failed := r.e.history(context.Background(), r.ref(), func(page []journal.Event) error {
		sound, damage := chain.TakeAll(page)
		for i := range sound {
			pending.take(&sound[i])
		}
		return damage
	})
	if failed != nil && !errors.Is(failed, journal.ErrDamaged) {
		pending = nil // what could not be read may have ended it
	}
	err.event = chain.Seq()
	for _, op := range slices.Sorted(maps.Keys(pending)) {
		err.steps = append(err.steps, pending[op])
	}
	return err
}

// unfinished are the descriptions of activities and steps that were asked for and
// have no result, by their operations.
type unfinished map[int64]string

func (u unfinished) take(e *journal.Event) {
	if e.Kind != journal.AttemptFailed {
		delete(u, e.Op)
	}
	asked, _ := e.Asked()
	for _, c := range asked {
		switch c.Kind {
		case journal.RunActivity, journal.RunStep, journal.RunTx:
			u[c.Op] = fmt.Sprintf("%s %s (%s)", c.Kind, c.Name, c.Where)
		case journal.CancelOp:
			delete(u, c.Op)
		}
	}
}

// report logs why a run stops.
func (e *Engine) report(r *run, why troubled) {
	p := why.Problem()
	facts := []any{"run", r.info.ID, "workflow", r.info.Workflow, "problem", why.Error()}
	for _, place := range [...]struct{ name, at string }{{"recorded_at", p.RecordedAt}, {"asked_at", p.AskedAt}} {
		if place.at != "" {
			facts = append(facts, place.name, place.at)
		}
	}
	e.log().Error("a run is stuck", facts...)
}
