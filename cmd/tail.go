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
	damage error // of the event after these; it is the last sight then
}

// tail reads a run from the journal, what comes after chain and as far as that
// vouches for it, until it has ended or is stuck; run is its row as last read. It
// is the same for a run of this process and of another one. see gets the news, at
// once what there is; tick, if not nil, is called once a second. Both are called
// on the caller's goroutine.
func (r *client) tail(ctx context.Context, run journal.Run, chain *journal.Chain, see func(sight) error, tick func(time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	sights, failed := make(chan sight), make(chan error, 1)
	var reader sync.WaitGroup
	reader.Go(func() { failed <- r.read(ctx, run, chain, sights) })
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
func (r *client) read(ctx context.Context, run journal.Run, chain *journal.Chain, out chan<- sight) error {
	for {
		news := sight{run: run}
		if run.LastSeq > chain.Seq() {
			events, err := r.db.History(ctx, run.Key, chain.Seq(), 0)
			if err != nil {
				return following(ctx, err)
			}
			news.events, news.damage = chain.TakeAll(events)
		}
		select {
		case out <- news:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if news.damage != nil || run.Status != journal.StatusOpen && chain.Seq() >= run.LastSeq {
			return news.damage
		}
		var err error
		if run, err = r.AwaitRun(ctx, run.Key, chain.Seq()); err != nil {
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
