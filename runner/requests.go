package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/oklog/ulid/v2"
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/engine"
)

var _ Client = (*Runner)(nil)

// StartRun implements [Client]. The workflow must be bound here: the error
// matches [ErrUnknownWorkflow] if it is not.
func (r *Runner) StartRun(ctx context.Context, s StartRequest) (Started, error) {
	var err error
	if s.Input, err = r.input(s.Workflow, s.Input); err != nil {
		return Started{}, err
	}
	run, fresh, err := r.engine().Start(ctx, engine.StartRequest(s))
	if err != nil {
		return Started{}, refused(call{"workflow", s.Workflow}, err)
	}
	return Started{ID: run.ID, ULID: run.ULID, Key: run.Key, Fresh: fresh}, nil
}

// SignalRun implements [Client].
func (r *Runner) SignalRun(ctx context.Context, id string, s SignalRequest) (duplicate bool, err error) {
	if done, err := r.signalHere(ctx, id, s); done {
		return false, err
	}
	run, err := r.address(ctx, id)
	if err != nil {
		return false, fmt.Errorf("signal %q: %w", s.Name, err)
	}
	return r.signal(ctx, run.Key, run.Workflow, s)
}

// signalHere sends a signal to the run with that id, which is no ULID, if it is in
// memory: without a read. If it does not take the signal another may have the id by
// now; likewise if its payload is not one, or if it may have had its key before.
func (r *Runner) signalHere(ctx context.Context, id string, s SignalRequest) (done bool, err error) {
	if s.Key != "" || len(id) == ulid.EncodedSize {
		return false, nil
	}
	key, workflow, ok := r.engine().ResidentID(id)
	if !ok {
		return false, nil
	}
	_, err = r.signal(ctx, key, workflow, s)
	var payload *PayloadError
	return !errors.Is(err, journal.ErrClosed) && !errors.As(err, &payload), err
}

func (r *Runner) signal(ctx context.Context, key int64, workflow string, s SignalRequest) (duplicate bool, err error) {
	if s.Payload, err = r.payload(workflow, s.Name, s.Payload); err != nil {
		return false, err
	}
	duplicate, err = r.engine().Signal(ctx, key, engine.SignalRequest(s))
	return duplicate, refused(call{"signal", s.Name}, err)
}

// QueryRun implements [Client].
func (r *Runner) QueryRun(ctx context.Context, id, query string) (json.RawMessage, error) {
	run, err := r.address(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", query, err)
	}
	return r.engine().Query(ctx, run.Key, query)
}

// CancelRun implements [Client].
func (r *Runner) CancelRun(ctx context.Context, id, by, reason string) error {
	run, err := r.address(ctx, id)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	return r.engine().Cancel(ctx, run.Key, by, reason)
}

// TerminateRun implements [Client].
func (r *Runner) TerminateRun(ctx context.Context, id, by, reason string) error {
	run, err := r.address(ctx, id)
	if err != nil {
		return fmt.Errorf("terminate: %w", err)
	}
	return r.engine().Terminate(ctx, run.Key, by, reason)
}

// RunResult implements [Client].
func (r *Runner) RunResult(ctx context.Context, id string) (json.RawMessage, error) {
	run, err := r.address(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return r.engine().Result(ctx, run.Key)
}

// ResumeRun clears the reason why a run is stuck, so that it is tried again.
func (r *Runner) ResumeRun(ctx context.Context, id string) error {
	run, err := r.address(ctx, id)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return r.engine().Resume(ctx, run.Key)
}

// AdoptRun claims the run with that key, so that a Run with Only drives it. The
// error matches [ErrOwned] if a live process owns it.
func (r *Runner) AdoptRun(ctx context.Context, key int64) (journal.Run, error) {
	return r.engine().Adopt(ctx, key)
}

// AwaitRun returns when the run with that key has an event with a number above
// after, or has ended or is stuck, whichever process runs it.
func (r *Runner) AwaitRun(ctx context.Context, key, after int64) (journal.Run, error) {
	return r.engine().Await(ctx, key, after)
}

// AwaitedSignals lists the signals that the run with that key waits for after its
// last event. It replays the run here, and changes nothing.
func (r *Runner) AwaitedSignals(ctx context.Context, key int64) ([]string, error) {
	return r.engine().Awaited(ctx, key)
}

// Serves asks another live process of the journal whether it drives whatever has
// something to do, or, with Only, just its own runs.
func (r *Runner) Serves(ctx context.Context, process int64) (bool, error) {
	return r.engine().Serves(ctx, process)
}

// input checks a workflow's encoded input against its type and compacts it.
func (r *Runner) input(workflow string, raw json.RawMessage) (json.RawMessage, error) {
	for _, b := range r.bindings {
		if b.Name == workflow && b.Workflow != nil {
			return normal(raw, call{"workflow", workflow}, "input", b.In)
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownWorkflow, workflow)
}

// payload does the same with a signal. What nobody declared must be JSON.
func (r *Runner) payload(workflow, signal string, raw json.RawMessage) (json.RawMessage, error) {
	t := reflect.TypeFor[any]()
	for _, b := range r.bindings {
		if b.Name != workflow {
			continue
		}
		for _, p := range b.Accepts {
			if p.Name == signal && !p.Query {
				t = p.Type
			}
		}
	}
	return normal(raw, call{"signal", signal}, "payload", t)
}

// refused lets a caller match what the engine reports as a failure, such as
// [ErrTooLarge].
func refused(of call, err error) error {
	if f, ok := err.(*journal.Failure); ok {
		return &recorded{of, f}
	}
	return err
}
