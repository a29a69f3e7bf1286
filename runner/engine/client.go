package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// ErrBadID means that an id is not 1 to 255 letters, digits and ._:/-.
var ErrBadID = errors.New("an id is 1 to 255 of the characters A-Z a-z 0-9 . _ : / -")

func goodID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._:/-", c) >= 0:
		default:
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 255
}

// A StartRequest says what to start.
type StartRequest struct {
	Workflow string
	ID       string // "": the run's own ULID
	Input    json.RawMessage
	Origin   journal.Origin
	Again    bool // a closed run with this ID does not count
}

// Start begins a run and returns once it is on disk. A run with that ID, open or
// closed, is returned instead, fresh is false then; journal.ErrExists if it is
// of another workflow. An engine that serves and has the workflow drives the run
// at once; otherwise it is queued for one that does.
func (e *Engine) Start(ctx context.Context, q StartRequest) (row journal.Run, fresh bool, err error) {
	if err := e.fits(q.Input, "the input of "+q.Workflow); err != nil {
		return row, false, err
	}
	if q.ID != "" && !goodID(q.ID) {
		return row, false, fmt.Errorf("start %s: %w: %q", q.Workflow, ErrBadID, q.ID)
	}
	if q.ID != "" && !q.Again {
		row, err := e.store.Run(ctx, journal.Ref{ID: q.ID})
		if err == nil {
			return existing(row, q)
		}
		if !errors.Is(err, journal.ErrNoRun) {
			return row, false, fmt.Errorf("look for run %s: %w", q.ID, err)
		}
	}
	if q.Input == nil {
		q.Input = json.RawMessage("null")
	}
	c := &journal.Create{ULID: newULID(e.sched), ID: q.ID, Workflow: q.Workflow, Origin: q.Origin, At: e.sched.Now()}
	if c.ID == "" {
		c.ID = c.ULID
	}
	if err := e.create(ctx, c, q.Input); err != nil {
		if errors.Is(err, journal.ErrExists) {
			return existing(c.Existing, q)
		}
		return row, false, fmt.Errorf("start %s %s: %w", q.Workflow, c.ID, err)
	}
	if e.only {
		e.mu.Lock()
		e.mine[c.Key] = true
		e.mu.Unlock()
	}
	return journal.Run{Key: c.Key, ULID: c.ULID, ID: c.ID, Workflow: c.Workflow, Status: journal.StatusOpen,
		Phase: journal.Queued, Origin: c.Origin, Created: c.At, LastAt: c.At, Self: c.Own, Live: c.Own}, true, nil
}

func existing(row journal.Run, q StartRequest) (journal.Run, bool, error) {
	if row.Workflow != q.Workflow {
		return row, false, fmt.Errorf("start %s %s: %w by a run of %s", q.Workflow, q.ID, journal.ErrExists, row.Workflow)
	}
	return row, false, nil
}

// create commits a new run, with its first turn if this engine drives it.
func (e *Engine) create(ctx context.Context, c *journal.Create, input json.RawMessage) error {
	fn := e.workflow(c.Workflow)
	e.mu.Lock()
	here := e.serving && !e.draining && fn != nil
	e.mu.Unlock()
	if !here {
		c.Input = input
		err := e.write(ctx, c)
		if err == nil {
			e.mu.Lock()
			e.mine[c.Key] = true
			e.mu.Unlock()
			e.posted(c.Key) // Run may have looked for work before the commit
		}
		return err
	}
	c.Own = true
	done := make(chan error, 1)
	r := e.own(journal.Run{ID: c.ID, ULID: c.ULID, Workflow: c.Workflow, Created: c.At, Fence: 1})
	r.create = c
	r.starter = func(err error) { done <- err }
	r.feed(startInput(input))
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("not acknowledged: %w", ctx.Err())
	}
}

func startInput(in json.RawMessage) input {
	return input{kind: inputEvent, event: journal.Event{Kind: journal.Started, Data: in}}
}

// created takes note of the commit that made the run. It reports whether the run
// exists.
func (r *run) created(c *journal.Create) bool {
	if c.Err == nil {
		r.adopt(c.Key)
	}
	r.starter(c.Err)
	if c.Err != nil {
		r.drop(c.Err)
	}
	return c.Err == nil
}

// adopt gives the run its key, and the engine the run.
func (r *run) adopt(key int64) {
	r.mu.Lock()
	r.key = key
	r.mu.Unlock()
	r.e.mu.Lock()
	r.e.admit(r)
	r.e.mu.Unlock()
}

// Adopt claims a run for this engine to drive, also with Only. journal.ErrFenced
// if a live process owns it.
func (e *Engine) Adopt(ctx context.Context, run int64) (journal.Run, error) {
	e.mu.Lock()
	e.mine[run] = true
	e.mu.Unlock()
	done := make(chan error, 1)
	var row journal.Run
	e.claim([]int64{run}, func(w *journal.Claim, err error) {
		switch {
		case err != nil:
		case len(w.Claimed) == 0:
			err = journal.ErrFenced
		default:
			row = w.Claimed[0]
		}
		done <- err
	})
	select {
	case err := <-done:
		if err != nil {
			return row, fmt.Errorf("adopt run %d: %w", run, err)
		}
		return row, nil
	case <-ctx.Done():
		return row, ctx.Err()
	}
}

// A SignalRequest is a message to a run.
type SignalRequest struct {
	Name    string
	Payload json.RawMessage
	By      string
	Key     string // a repeated send with the same key is harmless; "": none
}

// Signal puts a message into the run's inbox and returns once it is on disk
// (P3). duplicate: a message with that key was there before.
func (e *Engine) Signal(ctx context.Context, run int64, q SignalRequest) (duplicate bool, err error) {
	if err := e.fits(q.Payload, "signal "+q.Name); err != nil {
		return false, err
	}
	p := &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: q.Name, Data: q.Payload,
		By: q.By, Key: q.Key, At: e.sched.Now()}}
	if err := e.post(ctx, p); err != nil {
		return false, err
	}
	return p.Duplicate, nil
}

// Cancel asks the run to end: its scopes end with host.ErrCanceled, its defers
// and shielded work run. It returns once the request is on disk.
func (e *Engine) Cancel(ctx context.Context, run int64, by, reason string) error {
	var data json.RawMessage
	if reason != "" {
		data, _ = json.Marshal(reason)
	}
	p := &journal.Post{Run: run, Message: journal.Message{Kind: journal.CancelMessage, Data: data, By: by, At: e.sched.Now()}}
	return e.post(ctx, p)
}

func (e *Engine) post(ctx context.Context, p *journal.Post) error {
	if err := e.write(ctx, p); err != nil {
		return err
	}
	e.posted(p.Run)
	return nil
}

// Terminate ends the run at once, whoever drives it.
func (e *Engine) Terminate(ctx context.Context, run int64, by, reason string) error {
	w := &journal.Terminate{Run: run, By: by, Reason: reason, At: e.sched.Now()}
	if err := e.write(ctx, w); err != nil {
		return err
	}
	if r := e.resident(run); r != nil {
		r.drop(host.ErrCanceled)
	}
	e.changed(run)
	e.nudge(run)
	return nil
}

// Resume lets a stuck run go on, and clears its count of crashes.
func (e *Engine) Resume(ctx context.Context, run int64) error {
	if err := e.write(ctx, &journal.Resume{Run: run}); err != nil {
		return err
	}
	e.posted(run)
	return nil
}

// write commits one write for a client and waits for it. Should ctx end first
// the write may still be carried out; it is not acknowledged.
func (e *Engine) write(ctx context.Context, w journal.Write) error {
	e.mu.Lock()
	serving := e.serving
	e.mu.Unlock()
	if !serving {
		if err := e.store.Commit(w); err != nil {
			return err
		}
		return w.Refused()
	}
	done := make(chan error, 1)
	e.start(e.enter(entry{writes: []journal.Write{w}, done: func() { done <- w.Refused() }, failed: func(err error) { done <- err }}))
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("not acknowledged: %w", ctx.Err())
	}
}

// checkInbox finds the messages that came for a run while it left memory.
func (e *Engine) checkInbox(run int64) {
	messages, err := e.store.Inbox(context.Background(), run, 0)
	if err == nil && len(messages) > 0 {
		e.findWork()
	}
}
