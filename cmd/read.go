package cmd

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// past is what has happened to the run, verified. With an error come the events
// before the first that is not what was committed.
func (r *client) past(ctx context.Context, run journal.Run) ([]journal.Event, error) {
	events, err := r.db.History(ctx, run.Key, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", run.ID, err)
	}
	chain := run.Chain()
	events, err = chain.TakeAll(events)
	if err == nil && chain.Seq() < run.LastSeq {
		err = &journal.DamageError{Run: run.ID, Event: chain.Seq() + 1}
	}
	return events, err
}

// inbox is what waits for the run, verified likewise.
func (r *client) inbox(ctx context.Context, run journal.Run) ([]journal.Message, error) {
	messages, err := r.db.Inbox(ctx, run.Key, 0)
	if err != nil {
		return nil, fmt.Errorf("read the inbox of run %s: %w", run.ID, err)
	}
	return journal.VerifyInbox(&run, messages)
}

// ended is past for a run that has ended or is stuck: its result, or why there is
// none.
func (s *invocation) ended(ctx context.Context, r *client, run journal.Run) error {
	past, err := r.past(ctx, run)
	if err != nil {
		return err
	}
	state, err := journal.Fold(past)
	if err != nil {
		return fmt.Errorf("run %s: %w: %w", run.ID, journal.ErrDamaged, err)
	}
	_, err = s.outcome(run, state)
	return err
}
