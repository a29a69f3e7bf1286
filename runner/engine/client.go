package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// Adopt claims a run for this engine to drive, also with Only. journal.ErrFenced
// if a live process owns it.
func (e *Engine) Adopt(ctx context.Context, run int64) (journal.Run, error) {
	e.want(run)
	var row journal.Run
	done := make(chan error, 1)
	e.claim([]int64{run}, func(w *journal.Claim, err error) {
		switch {
		case err != nil:
		case len(w.Claimed) == 0:
			err = journal.ErrFenced
		case e.workflow(w.Claimed[0].Workflow) == nil:
			e.start(e.enqueue(nil, &journal.Release{Runs: []int64{run}}))
			err = fmt.Errorf("%w %q", ErrUnknownWorkflow, w.Claimed[0].Workflow)
		default:
			row = w.Claimed[0]
		}
		done <- err
	})
	err, gaveUp := received(ctx, e, done)
	switch {
	case gaveUp != nil:
		return journal.Run{}, gaveUp
	case err != nil:
		return journal.Run{}, fmt.Errorf("adopt run %d: %w", run, err)
	}
	return row, nil
}

// A SignalRequest is a message to a run.
type SignalRequest struct {
	Name     string
	Payload  json.RawMessage
	By       string
	Verified bool   // By is more than a claim
	Key      string // a repeated send with the same key is harmless; "": none
}

// Signal gives the run a message and returns once it is on disk (P3): in the run's
// inbox, or in its history. duplicate: a message with that key was there before. The
// payload is the engine's from then on.
func (e *Engine) Signal(ctx context.Context, run int64, q SignalRequest) (duplicate bool, err error) {
	if err := e.fits(q.Payload, "payload"); err != nil {
		return false, err
	}
	p := &journal.Post{Run: run, Message: journal.Message{Kind: journal.SignalMessage, Name: q.Name, Data: q.Payload,
		By: q.By, Verified: q.Verified, Key: q.Key, At: e.sched.Now()}}
	done := make(chan error, 1)
	if e.straight(p, func(err error) { done <- err }) {
		return false, e.acknowledged(ctx, done)
	}
	defer e.posting(run)()
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
	return e.write(ctx, p, func() { e.posted(p.Run) })
}

// Terminate ends the run at once, whoever drives it. Its children are asked to
// end, as they are when it ends by itself.
func (e *Engine) Terminate(ctx context.Context, run int64, by, reason string) error {
	row, err := e.store.Run(ctx, journal.Ref{Key: run})
	if err != nil {
		return fmt.Errorf("read run %d: %w", run, err)
	}
	w := &journal.Terminate{Run: run, By: by, Reason: reason, At: e.sched.Now()}
	return e.write(ctx, w, func() { e.terminated(&row, w.Children) })
}

// Resume lets a stuck run go on, and clears its count of crashes.
func (e *Engine) Resume(ctx context.Context, run int64) error {
	return e.write(ctx, &journal.Resume{Run: run}, func() { e.posted(run) })
}

// write commits one write for a client and waits for it; then is called if it was
// carried out. Should ctx end first that may still happen, but it is not
// acknowledged.
func (e *Engine) write(ctx context.Context, w journal.Write, then func()) error {
	if !e.serves() {
		err := e.store.Commit(w)
		if err == nil {
			err = w.Refused()
		}
		if err == nil {
			then()
		}
		return err
	}
	done := make(chan error, 1)
	e.start(e.carry(w, then, func(err error) { done <- err }))
	return e.acknowledged(ctx, done)
}

// carry queues one write for a client, who is told the outcome.
func (e *Engine) carry(w journal.Write, then func(), tell func(error)) (commit Task) {
	return e.enter(entry{writes: []journal.Write{w}, failed: tell, done: func() {
		err := w.Refused()
		if err == nil {
			then()
		}
		tell(err)
	}})
}

// acknowledged waits for the outcome of a commit.
func (e *Engine) acknowledged(ctx context.Context, done <-chan error) error {
	err, gaveUp := received(ctx, e, done)
	if gaveUp != nil {
		return fmt.Errorf("not acknowledged: %w", gaveUp)
	}
	return err
}
