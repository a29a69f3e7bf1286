package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
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
	if err := e.fits(q.Input, "input"); err != nil {
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
	var r *run
	e.mu.Lock()
	if e.serving && !e.draining && e.workflow(c.Workflow) != nil {
		r = e.own(journal.Run{ID: c.ID, ULID: c.ULID, Workflow: c.Workflow, Created: c.At, Fence: 1})
		e.fresh[r] = true
	}
	e.mu.Unlock()
	if r == nil {
		c.Input = input
		return e.write(ctx, c, func() {
			e.want(c.Key)
			e.posted(c.Key) // Run may have looked for work before the commit
		})
	}
	c.Own = true
	done := make(chan error, 1)
	r.create = c
	r.starter = func(err error) { done <- err }
	r.feed(startInput(input))
	return e.acknowledged(ctx, done)
}

func startInput(in json.RawMessage) input {
	return input{kind: inputEvent, event: journal.Event{Kind: journal.Started, Data: in}}
}

// created takes note of the commit that made the run. It reports whether the run
// exists; if so, its starter is still to be told.
func (r *run) created(c *journal.Create) bool {
	if c.Err != nil {
		r.starter(c.Err)
		r.drop(c.Err)
		return false
	}
	r.adopt(c.Key)
	return true
}

// adopt gives the run its key, and the engine the run.
func (r *run) adopt(key int64) {
	r.mu.Lock()
	r.key = key
	r.mu.Unlock()
	r.e.mu.Lock()
	admitted := r.e.admit(r)
	r.e.mu.Unlock()
	if !admitted {
		r.drop(errSuspended)
	}
}
