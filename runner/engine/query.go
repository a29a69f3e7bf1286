package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A question is a query on its way through a run's loop. Its answer leaves only
// when every turn that it may have seen is on disk.
type question struct {
	name   string
	answer json.RawMessage
	err    error
	done   chan struct{} // receives once there is one, or err
}

func newQuestion(name string) *question { return &question{name: name, done: make(chan struct{}, 1)} }

func (q *question) reply() { q.done <- struct{}{} }

func (q *question) fail(err error) {
	q.answer, q.err = nil, err
	q.reply()
}

// answer is called by the run's driver, between turns.
func (r *run) answer(q *question) {
	q.answer, q.err = r.x.query(q.name)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch t := r.last; {
	case t == nil:
		q.reply()
	case t.lost:
		q.fail(errGone)
	default:
		t.questions = append(t.questions, q)
	}
}

// query asks the workflow's own function, which only reads.
func (x *execution) query(name string) (answer json.RawMessage, err error) {
	fn := x.answers[name]
	if fn == nil && len(x.coroutines) == 0 && !x.ended {
		return nil, fmt.Errorf("%w %q: the run has not begun", ErrUnknownQuery, name)
	}
	if fn == nil {
		return nil, fmt.Errorf("%w %q: the run answers %s", ErrUnknownQuery, name, listed(slices.Sorted(maps.Keys(x.answers))))
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("query %q panicked: %v", name, v)
		}
	}()
	return fn()
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Query answers from the committed state of the run: in its own loop if this
// process drives it, else by asking the process that does, else by replaying
// its journal here.
func (e *Engine) Query(ctx context.Context, run int64, name string) (json.RawMessage, error) {
	if r := e.resident(run); r != nil {
		answer, err := r.ask(ctx, name)
		if !errors.Is(err, errGone) {
			return answer, err
		}
	}
	row, err := e.store.Run(ctx, journal.Ref{Key: run})
	if err != nil {
		return nil, fmt.Errorf("read run %d: %w", run, err)
	}
	if e.shared != nil && row.Live && !row.Self && row.Status == journal.StatusOpen {
		answer, err := e.askOwner(ctx, &row, name)
		if !errors.Is(err, journal.ErrHeld) || ctx.Err() != nil {
			return answer, err
		}
	}
	var answer json.RawMessage
	err = e.replayed(ctx, &row, func(x *execution) (err error) {
		answer, err = x.query(name)
		return err
	})
	if err != nil {
		return nil, err // the answer may still be under way
	}
	return answer, nil
}

// Awaited replays the run, changing nothing, and lists the signals that it waits
// for after its last event.
func (e *Engine) Awaited(ctx context.Context, run int64) ([]string, error) {
	row, err := e.store.Run(ctx, journal.Ref{Key: run})
	if err != nil {
		return nil, fmt.Errorf("read run %d: %w", run, err)
	}
	var signals []string
	err = e.replayed(ctx, &row, func(x *execution) error {
		signals = x.awaited()
		return nil
	})
	if err != nil {
		return nil, err // likewise
	}
	return signals, nil
}

// errGone means that the run left memory before it could answer.
var errGone = errors.New("the run left memory")

func (r *run) ask(ctx context.Context, name string) (json.RawMessage, error) {
	q := newQuestion(name)
	if !r.feed(input{kind: inputQuery, query: q}) {
		return nil, errGone
	}
	if _, err := received(ctx, r.e, q.done); err != nil {
		return nil, err
	}
	return q.answer, q.err
}

// replayed rebuilds the workflow from its history, changing nothing, and asks it.
func (e *Engine) replayed(ctx context.Context, row *journal.Run, ask func(*execution) error) error {
	fn := e.workflow(row.Workflow)
	if fn == nil {
		return fmt.Errorf("run %s: %w %q: only a program that binds it can answer", row.ID, ErrUnknownWorkflow, row.Workflow)
	}
	done := make(chan error, 1)
	e.sched.Go(leaf(func() {
		var failed error
		defer func() { done <- failed }()
		failed = fmt.Errorf("replay of run %s: workflow code called runtime.Goexit", row.ID) // which ends this goroutine
		x := newExecution(host.Info{ID: row.ID, ULID: row.ULID, Workflow: row.Workflow, Started: row.Created}, fn, e.defaults)
		defer x.close()
		chain, ref := row.Chain(), journal.Ref{Key: row.Key, ULID: row.ULID, ID: row.ID}
		err := e.history(ctx, ref, func(page []journal.Event) error { return x.play(chain, page) })
		if err != nil {
			failed = fmt.Errorf("replay of run %s: %w", row.ID, err)
			return
		}
		failed = ask(x)
	}))
	failed, err := received(ctx, e, done)
	if err != nil {
		return err
	}
	return failed
}

// An inquiry is a question to the process that owns a run, and its reply.
type inquiry struct {
	Run     int64           `json:"run,omitempty"`
	Query   string          `json:"query,omitempty"`
	Answer  json.RawMessage `json:"answer,omitempty"`
	Unknown string          `json:"unknown,omitempty"` // the query is
	Gone    bool            `json:"gone,omitempty"`    // the run is not there
	Role    bool            `json:"role,omitempty"`    // not about a run, but about the process, see Engine.Serves
	Serves  bool            `json:"serves,omitempty"`  // the answer to that
}

func (e *Engine) askOwner(ctx context.Context, row *journal.Run, name string) (json.RawMessage, error) {
	question, _ := json.Marshal(inquiry{Run: row.Key, Query: name})
	reply, err := e.shared.Call(ctx, row.Owner, question)
	if err != nil {
		return nil, fmt.Errorf("ask process %d about run %s: %w", row.Owner, row.ID, err)
	}
	var c inquiry
	if err := json.Unmarshal(reply, &c); err != nil {
		return nil, fmt.Errorf("ask process %d about run %s: %w", row.Owner, row.ID, err)
	}
	switch {
	case c.Gone:
		return nil, journal.ErrHeld
	case c.Unknown != "":
		return nil, fmt.Errorf("%w%s", ErrUnknownQuery, strings.TrimPrefix(c.Unknown, ErrUnknownQuery.Error()))
	}
	return c.Answer, nil
}

// called answers another process.
func (e *Engine) called(ctx context.Context, question []byte) ([]byte, error) {
	var c inquiry
	if err := json.Unmarshal(question, &c); err != nil {
		return nil, fmt.Errorf("undecodable question: %w", err)
	}
	if c.Role {
		return json.Marshal(inquiry{Serves: !e.only})
	}
	r := e.resident(c.Run)
	if r == nil {
		return json.Marshal(inquiry{Gone: true})
	}
	answer, err := r.ask(ctx, c.Query)
	switch {
	case errors.Is(err, errGone):
		return json.Marshal(inquiry{Gone: true})
	case errors.Is(err, ErrUnknownQuery):
		return json.Marshal(inquiry{Unknown: err.Error()})
	case err != nil:
		return nil, err
	}
	return json.Marshal(inquiry{Answer: answer})
}
