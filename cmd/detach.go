package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// detach queues the run for whoever serves, and prints its id.
func (l *launch) detach(ctx context.Context, r *client) error {
	run, fresh, err := l.start(ctx, r)
	if err != nil {
		return err
	}
	if run, err = r.db.Run(ctx, journal.Ref{Key: run.Key}); err != nil {
		return fmt.Errorf("read run %s: %w", run.ID, err)
	}
	status, err := r.status(ctx, run, time.Now())
	if err != nil {
		return err
	}
	if !fresh {
		l.screen.Line(fmt.Sprintf("%s %s is there already: %s", l.b.Name, l.label(run), status))
	} else if err := l.sayIfUnserved(ctx, r, fmt.Sprintf("%s %s is queued", l.b.Name, l.label(run))); err != nil {
		return err
	}
	if l.out.text() {
		_, err := fmt.Fprintln(l.Stdout, clean(run.ID))
		return err
	}
	return l.out.JSON(describe(run, status))
}

// sayIfUnserved says what has happened if no process is there that would go on
// with it.
func (s *invocation) sayIfUnserved(ctx context.Context, r *client, what string) error {
	processes, err := r.db.Processes(ctx)
	if err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	for _, p := range processes {
		if p.Live && !p.Self && r.isWorker(ctx, p.Number) {
			return nil
		}
	}
	s.screen.Line(what + ", and nobody serves this file: " + s.command("worker"))
	return nil
}
