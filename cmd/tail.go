package cmd

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A sight is what a follower learns: a run's row, and its events since the last
// sight.
type sight struct {
	run    journal.Run
	events []journal.Event
}

// tail reads a run from the journal, from event after+1 on, until it has ended
// or is stuck; run is its row as last read. It is the same for a run of this
// process and of another one. see gets the news, at once what there is; tick, if
// not nil, is called once a second. Both are called on the caller's goroutine.
func (r *client) tail(ctx context.Context, run journal.Run, after int64, see func(sight) error, tick func(time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	sights, failed := make(chan sight), make(chan error, 1)
	var reader sync.WaitGroup
	reader.Go(func() { failed <- r.read(ctx, run, after, sights) })
	defer reader.Wait()
	defer cancel()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case news := <-sights:
			if err := see(news); err != nil {
				return err
			}
		case now := <-ticker.C:
			if tick == nil {
				continue
			}
			if err := tick(now); err != nil {
				return err
			}
		case err := <-failed:
			return err
		}
	}
}

// read sends what happens to the run. It returns nil when the run has ended and
// everything was sent.
func (r *client) read(ctx context.Context, run journal.Run, after int64, out chan<- sight) error {
	for {
		news := sight{run: run}
		if run.LastSeq > after {
			var err error
			if news.events, err = r.db.History(ctx, run.Key, after, 0); err != nil {
				return following(ctx, err)
			}
		}
		if n := len(news.events); n > 0 {
			after = news.events[n-1].Seq
		}
		select {
		case out <- news:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if run.Status != journal.StatusOpen && after >= run.LastSeq {
			return nil
		}
		var err error
		if run, err = r.AwaitRun(ctx, run.Key, after); err != nil {
			return following(ctx, err)
		}
	}
}

// following says what was being done; the end of ctx is the reason itself.
func following(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("follow the run: %w", err)
}
