package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/seed139febb4/durable/journal"
)

// Find is the run that a person means by id: the one with that ULID, or that id
// (unfinished rather than finished, then the newest), or else the only one whose
// ULID or id begins or ends with it, if it has 4 characters or more. The error
// matches [ErrNoRun], or [ErrAmbiguous] and names the candidates. The methods of
// [Client] want the whole ULID or id instead, since "order-1" must not reach
// "order-17".
func (r *Runner) Find(ctx context.Context, id string) (journal.Run, error) {
	run, err := r.exact(ctx, id)
	if !errors.Is(err, journal.ErrNoRun) || len(id) < 4 {
		return run, err
	}
	found, err2 := r.store.Runs(ctx, journal.Filter{Suffix: id, Limit: candidates + 1})
	switch {
	case err2 != nil:
		return journal.Run{}, fmt.Errorf("find run %s: %w", id, err2)
	case len(found) == 0:
		return journal.Run{}, err
	case len(found) == 1:
		return found[0], nil
	}
	return journal.Run{}, fmt.Errorf("run %s: %w: %s", id, ErrAmbiguous, list(found))
}

// candidates is how many runs the error of an ambiguous id names.
const candidates = 5

func list(runs []journal.Run) string {
	var names []string
	for i, run := range runs {
		if i == candidates {
			names = append(names, "…")
			break
		}
		names = append(names, run.ID)
	}
	return strings.Join(names, ", ")
}

// address is exact for those who want to know no more than the run's Key, ULID
// and Workflow: of a run that is in memory here they are known without a read.
func (r *Runner) address(ctx context.Context, id string) (journal.Run, error) {
	if key, workflow, ok := r.engine().Resident(id); ok {
		return journal.Run{Key: key, ULID: id, Workflow: workflow}, nil
	}
	return r.exact(ctx, id)
}

// exact is the run with that ULID or that id.
func (r *Runner) exact(ctx context.Context, id string) (journal.Run, error) {
	if id == "" {
		return journal.Run{}, fmt.Errorf("%w: the id is empty", journal.ErrNoRun)
	}
	run, err := journal.Run{}, journal.ErrNoRun
	if len(id) == ulid.EncodedSize {
		run, err = r.store.Run(ctx, journal.Ref{ULID: strings.ToUpper(id)})
	}
	if errors.Is(err, journal.ErrNoRun) {
		run, err = r.store.Run(ctx, journal.Ref{ID: id})
	}
	if err != nil {
		return journal.Run{}, fmt.Errorf("run %s: %w", id, err)
	}
	return run, nil
}
