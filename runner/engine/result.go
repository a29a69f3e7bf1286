package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// Await returns the run once it has an event numbered above after, or is not
// open, whichever process drives it.
func (e *Engine) Await(ctx context.Context, run, after int64) (journal.Run, error) {
	row, _, err := e.wait(ctx, run, false, func(row *journal.Run) bool {
		return row.LastSeq > after || row.Status != journal.StatusOpen
	})
	return row, err
}

// Result waits for the end of the run and returns its result. A failed run's
// error is a *journal.Failure, a canceled one's wraps host.ErrCanceled too, a
// terminated one's is ErrTerminated. A run that is or gets stuck: *StuckError.
func (e *Engine) Result(ctx context.Context, run int64) (json.RawMessage, error) {
	row, end, err := e.wait(ctx, run, true, func(row *journal.Run) bool { return row.Status != journal.StatusOpen })
	if err != nil {
		return nil, err
	}
	if end == nil {
		if end, err = e.endOf(ctx, &row); err != nil {
			return nil, err
		}
	}
	switch end.Kind {
	case journal.Complete:
		return end.Data, nil
	case journal.Cancel:
		return nil, errors.Join(host.ErrCanceled, decodeFailure(end.Data))
	}
	return nil, decodeFailure(end.Data)
}

// endOf reads how a run ended from its last event.
func (e *Engine) endOf(ctx context.Context, row *journal.Run) (*journal.Command, error) {
	switch row.Status {
	case journal.StatusStuck:
		s := &StuckError{Run: row.ID}
		if err := json.Unmarshal(row.Problem, &s.Problem); err != nil {
			s.Problem.Message = "unreadable problem: " + string(row.Problem)
		}
		return nil, s
	case journal.StatusTerminated:
		return nil, fmt.Errorf("run %s: %w", row.ID, ErrTerminated)
	}
	last, err := e.lastEvent(ctx, row)
	if err != nil {
		return nil, err
	}
	if last != nil {
		if asked, err := last.Asked(); err == nil && len(asked) > 0 {
			last := asked[len(asked)-1]
			if _, ends := last.Kind.Ends(); ends {
				return &last, nil
			}
		}
	}
	return nil, fmt.Errorf("run %s: %w: it is %s, but event %d does not end it", row.ID, journal.ErrDamaged, row.Status, row.LastSeq)
}

// lastEvent reads the run's last event, and verifies it by the one before.
func (e *Engine) lastEvent(ctx context.Context, row *journal.Run) (*journal.Event, error) {
	before := max(row.LastSeq-2, 0)
	events, err := e.store.History(ctx, row.Key, before, 2)
	if err != nil {
		return nil, fmt.Errorf("read the last event of run %s: %w", row.ID, err)
	}
	chain := row.Chain()
	if before > 0 && len(events) > 0 {
		chain.Skip(events[0].Seq, events[0].Sum)
		events = events[1:]
	}
	if events, err = chain.TakeAll(events); err != nil || len(events) == 0 {
		return nil, err
	}
	return &events[len(events)-1], nil
}
