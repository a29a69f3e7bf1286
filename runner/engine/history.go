package engine

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// eventsAtOnce is how many events a replay reads at a time, if the Config does not
// say: few enough that a history of any length needs little memory, and that the
// first of them are soon there; enough that a page costs much more than its query.
const eventsAtOnce = 512

// history gives use all events of a run, page after page, each while the next one
// is read. The error is that of use, or of the reading.
func (e *Engine) history(ctx context.Context, run journal.Ref, use func(page []journal.Event) error) error {
	page, err := e.eventsAfter(ctx, run, 0)
	for err == nil && len(page) == e.page {
		this := page
		var failed error
		e.sched.Both(
			func() { page, err = e.eventsAfter(ctx, run, this[len(this)-1].Seq) },
			func() { failed = use(this) },
		)
		if failed != nil {
			return failed
		}
	}
	if err != nil {
		return err
	}
	return use(page)
}

func (e *Engine) eventsAfter(ctx context.Context, run journal.Ref, seq int64) ([]journal.Event, error) {
	events, err := e.store.History(ctx, run.Key, seq, e.page)
	if err != nil {
		return nil, fmt.Errorf("read the history of run %s after event %d: %w", run.ID, seq, err)
	}
	return events, nil
}
