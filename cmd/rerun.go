package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// rerunWindow is how far back the last event or the next deadline of a run may
// lie for run to take it up again without --id.
const rerunWindow = 24 * time.Hour

// interruptedRun is the newest unfinished run that the command line started
// without an id, of the same workflow and with the same input, that was active
// in the last 24 hours and that no other command line follows.
func (l *launch) interruptedRun(ctx context.Context, r *client) (run journal.Run, ok bool, err error) {
	runs, err := r.db.Runs(ctx, journal.Filter{
		Status:   []journal.Status{journal.StatusOpen, journal.StatusStuck},
		Workflow: l.b.Name, Origin: journal.ByCommand, Limit: 1000,
	})
	if err != nil {
		return run, false, fmt.Errorf("look for an interrupted run: %w", err)
	}
	for _, run = range runs {
		ok, err = l.candidate(ctx, r, run)
		if err != nil || ok {
			return run, ok, err
		}
	}
	return run, false, nil
}

func (l *launch) candidate(ctx context.Context, r *client, run journal.Run) (bool, error) {
	since := time.Now().Add(-rerunWindow)
	if run.LastAt.Before(since) {
		d, err := r.db.Details(ctx, run.Key)
		if err != nil {
			return false, fmt.Errorf("details of run %s: %w", run.ID, err)
		}
		if deadline(d).Before(since) {
			return false, nil
		}
	}
	if othersOwn(run) {
		if !r.isWorker(ctx, run.Owner) {
			return false, nil // followed in another terminal
		}
	}
	return l.sameInput(ctx, r, run)
}

// roleTimeout is how long a process may take to say what it is. A stopped one
// never does.
const roleTimeout = time.Second

// isWorker reports whether that live process serves the whole file. One that
// does not answer, or is gone this moment, does not.
func (r *client) isWorker(ctx context.Context, process int64) bool {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	worker, err := r.Serves(ctx, process)
	return err == nil && worker
}

// othersOwn reports whether another live process drives the run.
func othersOwn(run journal.Run) bool {
	return run.Live && !run.Self && run.Status == journal.StatusOpen
}

// sameInput compares what the run was started with, in canonical form. Bytes
// that do not decode are another input.
func (l *launch) sameInput(ctx context.Context, r *client, run journal.Run) (bool, error) {
	raw, err := r.input(ctx, run)
	if err != nil {
		return false, err
	}
	canonical, err := l.form.canonical(raw)
	return err == nil && bytes.Equal(canonical, l.request.Input), nil
}

// input is what a run was started with: in its first event, or in its inbox as
// long as nobody has run it.
func (r *client) input(ctx context.Context, run journal.Run) (json.RawMessage, error) {
	events, err := r.db.History(ctx, run.Key, 0, 1)
	if err == nil {
		events, err = run.Chain().TakeAll(events)
	}
	if err != nil {
		return nil, fmt.Errorf("read the input of run %s: %w", run.ID, err)
	}
	if len(events) > 0 {
		return events[0].Data, nil
	}
	inbox, err := r.inbox(ctx, run)
	if err != nil {
		return nil, err
	}
	data, ok := startInput(inbox)
	if !ok {
		return nil, fmt.Errorf("read the input of run %s: %w", run.ID, &journal.DamageError{Run: run.ID, Event: 1})
	}
	return data, nil
}

// startInput is the input of a run that nobody has run yet.
func startInput(inbox []journal.Message) (input json.RawMessage, ok bool) {
	for _, m := range inbox {
		if m.Kind == journal.StartMessage {
			return m.Data, true
		}
	}
	return nil, false
}
