package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

const lastRef = "@last"

// find is the run that a person means: @last, @last:workflow, a ULID, an id, or
// a unique beginning or end (4 characters or more) of either. Letters of a ULID
// may be small.
func (r *client) find(ctx context.Context, ref string) (journal.Run, error) {
	if ref == lastRef || strings.HasPrefix(ref, lastRef+":") {
		return r.last(ctx, strings.TrimPrefix(strings.TrimPrefix(ref, lastRef), ":"))
	}
	run, err := r.Find(ctx, ref)
	if upper := strings.ToUpper(ref); errors.Is(err, journal.ErrNoRun) && upper != ref {
		if again, err2 := r.Find(ctx, upper); err2 == nil || errors.Is(err2, runner.ErrAmbiguous) {
			run, err = again, err2
		}
	}
	if errors.Is(err, journal.ErrNoRun) {
		err = fmt.Errorf("run %s: %w", quote(ref), journal.ErrNoRun)
	}
	switch {
	case errors.Is(err, journal.ErrNoRun) && ref != "" && len(ref) < 4:
		return run, withHint(err, "a beginning or end of an id needs 4 characters or more; %s shows the ids", r.s.command("list"))
	case errors.Is(err, journal.ErrNoRun):
		return run, withHint(err, "%s shows the runs; --db names another file", r.s.command("list"))
	case errors.Is(err, runner.ErrAmbiguous):
		return run, withHint(err, "write more of the id")
	}
	return run, err
}

// last is the run that was started last, of one workflow or of any. Children
// were not started by anybody.
func (r *client) last(ctx context.Context, workflow string) (journal.Run, error) {
	for limit := 16; ; limit *= 8 {
		runs, err := r.db.Runs(ctx, journal.Filter{Workflow: workflow, Limit: limit})
		if err != nil {
			return journal.Run{}, fmt.Errorf("look for the last run: %w", err)
		}
		for _, run := range runs {
			if run.Origin != journal.ByParent {
				return run, nil
			}
		}
		if len(runs) < limit {
			break
		}
	}
	err := fmt.Errorf("%w: the file is empty", journal.ErrNoRun)
	if workflow == "" {
		return journal.Run{}, err
	}
	err = fmt.Errorf("%w: none of workflow %s", journal.ErrNoRun, quote(workflow))
	runs, err2 := r.db.Runs(ctx, journal.Filter{Limit: 1000})
	var names []string
	for _, run := range runs {
		names = append(names, run.Workflow)
	}
	if near := suggest(workflow, names); err2 == nil && near != "" {
		err = withHint(err, "did you mean %s:%s?", lastRef, near)
	}
	return journal.Run{}, err
}

// findAll is find for several; nothing is done before all of them are known.
func (r *client) findAll(ctx context.Context, refs []string) ([]journal.Run, error) {
	runs := make([]journal.Run, len(refs))
	for i, ref := range refs {
		run, err := r.find(ctx, ref)
		if err != nil {
			return nil, err
		}
		runs[i] = run
	}
	return runs, nil
}
