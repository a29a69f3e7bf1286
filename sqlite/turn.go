package sqlite

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// take waits for the writer, and, while other processes want to write, for this
// one's turn; release ends that. A channel does what a mutex would, but lets the
// clock of a testing/synctest bubble go on.
func (db *DB) take() error {
	if _, open := <-db.turn; !open {
		return errClosed
	}
	err := db.enter()
	if err != nil {
		db.turn <- struct{}{}
	}
	return err
}

func (db *DB) enter() error {
	if why := db.broken.Load(); why != nil {
		return *why
	}
	if db.dir == nil {
		return nil
	}
	db.announced = db.dir.Announce()
	t := db.dir.Turnstile()
	if !t.Crowded() {
		return nil
	}
	db.writer.unpin()
	ctx, cancel := context.WithTimeout(bg, db.patience)
	defer cancel()
	if err := t.Enter(ctx); err != nil {
		db.announced()
		db.announced = nil
		if holder := t.Holder(); holder != "" {
			err = fmt.Errorf("%s does not let go of it: %w", holder, err)
		}
		return fmt.Errorf("%w: %w", journal.ErrHeld, err)
	}
	db.inside = true
	return nil
}

func (db *DB) release() {
	if db.inside {
		db.inside = false
		db.dir.Turnstile().Leave()
	}
	if db.announced != nil {
		db.announced()
		db.announced = nil
	}
	db.turn <- struct{}{}
}
