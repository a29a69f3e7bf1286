package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A picked run is the one that run drives or follows.
type picked struct {
	run     journal.Run
	header  string
	past    []journal.Event // happened before and is not shown again
	crashes []journal.Crash
	beats   map[int64]json.RawMessage // the last heartbeat of each step under way
	foreign bool                      // another live process owns it
}

// pick starts a run, or finds the one that the command line means.
func (l *launch) pick(ctx context.Context, r *client) (*picked, error) {
	if l.request.ID == "" && !l.request.Again {
		run, ok, err := l.interruptedRun(ctx, r)
		if err != nil {
			return nil, err
		}
		if ok {
			return l.resume(ctx, r, run)
		}
	}
	run, fresh, err := l.start(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case fresh:
		header := fmt.Sprintf("run %s  %s   %s  pid %d", l.b.Name, l.label(run), l.path, os.Getpid())
		return &picked{run: run, header: header}, nil
	case run.Status.Closed():
		return l.replay(ctx, r, run)
	}
	return l.resume(ctx, r, run)
}

// start begins the run. One that has the id already is returned if this command
// line may attach to it.
func (l *launch) start(ctx context.Context, r *client) (run journal.Run, fresh bool, err error) {
	started, err := r.StartRun(ctx, l.request)
	if errors.Is(err, journal.ErrExists) { // of another workflow
		return run, false, withHint(err, "choose another --id; %s shows that run", l.command("show", l.request.ID))
	}
	if err != nil {
		return run, false, err
	}
	if started.Fresh {
		return journal.Run{Key: started.Key, ULID: started.ULID, ID: started.ID, Workflow: l.b.Name,
			Status: journal.StatusOpen, Phase: journal.Queued, Origin: l.request.Origin}, true, nil
	}
	if run, err = r.db.Run(ctx, journal.Ref{Key: started.Key}); err != nil {
		return run, false, fmt.Errorf("read run %s: %w", started.ID, err)
	}
	same := true
	if l.explicit {
		if same, err = l.sameInput(ctx, r, run); err != nil {
			return run, false, err
		}
	}
	taken := fmt.Errorf("start %s %s: %w", l.b.Name, run.ID, journal.ErrExists)
	switch {
	case !same:
		err = withHint(taken, "it was started with another input: %s", l.command("show", run.ID))
	case l.request.Again:
		err = withHint(taken, "it has not ended; without --new this command attaches to it")
	}
	return run, false, err
}

// replay is a run that has ended: only its result is left to be told.
func (l *launch) replay(ctx context.Context, r *client, run journal.Run) (*picked, error) {
	past, err := r.past(ctx, run)
	if err != nil {
		return nil, err
	}
	header := fmt.Sprintf("run %s  %s  ended %s ago; --new starts another one", l.b.Name, l.label(run), ago(time.Since(run.Ended)))
	return &picked{run: run, header: header, past: past}, nil
}

// resume claims the run, or follows it if another live process owns it.
func (l *launch) resume(ctx context.Context, r *client, before journal.Run) (*picked, error) {
	p := &picked{run: before}
	var err error
	if p.past, err = r.past(ctx, before); err != nil {
		return nil, err
	}
	if before.Status == journal.StatusStuck {
		if err := r.ResumeRun(ctx, before.ULID); err != nil {
			return nil, err
		}
	}
	p.foreign = othersOwn(before)
	if !p.foreign {
		run, err := r.AdoptRun(ctx, before.Key)
		switch {
		case err == nil:
			p.run = run
		case errors.Is(err, journal.ErrFenced):
			p.foreign = true // somebody else was faster
		default:
			return nil, err
		}
	}
	details, err := r.db.Details(ctx, before.Key)
	if err != nil {
		return nil, fmt.Errorf("details of run %s: %w", before.ID, err)
	}
	p.crashes, p.beats = details.Crashes, details.Progress
	p.header, err = l.resumeHeader(p, before, time.Now())
	return p, err
}

// keep takes over a run that was followed, once its owner is gone.
func (p *picked) keep(ctx context.Context, r *client) error {
	if !p.foreign {
		return nil
	}
	run, err := r.db.Run(ctx, journal.Ref{Key: p.run.Key})
	if err != nil {
		return fmt.Errorf("follow run %s: %w", p.run.ID, err)
	}
	if run.Live || run.Status != journal.StatusOpen {
		return nil
	}
	_, err = r.AdoptRun(ctx, run.Key)
	p.foreign = errors.Is(err, journal.ErrFenced) // somebody else was faster
	if p.foreign {
		return nil
	}
	return err
}
