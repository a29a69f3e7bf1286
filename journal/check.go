package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Check reads a whole journal and yields every broken promise it finds. An
// error, once, instead of a violation means that it could not go on. It holds
// what one run's history means in memory at a time, and may be used while
// processes write: it only compares what it has seen between two writes.
//
// What it asserts of each run, beside what Fold does:
//
//	P8  The events are numbered 1 to n; each one's checksum fits its bytes and
//	    the event before it. The checksums of waiting messages fit theirs.
//	P1  The row says what the history says: the last event, the status, the end,
//	    and, while it is open, the phase as State.Phase computes it. A problem
//	    is told of a stuck run, and of no other. A run without events holds its
//	    start message. A child names an operation of its parent that asked for
//	    it, and each child that was asked for exists, or the parent is told why
//	    not; the end of one reaches a parent that waits for it.
//	P3  Waiting messages have rising ids, all higher than those delivered. Of
//	    a closed run they are signals it has not read.
//	P4  The timers are exactly those of State.Timers. A closed run has none, and
//	    no heartbeats; an open run only of pending operations.
//	P5  Only an open run has an owner; one that is said to be alive is among the
//	    living processes, where the store is a Census. What a Registry finds.
func Check(ctx context.Context, store Store) iter.Seq2[*Violation, error] {
	return func(yield func(*Violation, error) bool) {
		c := &check{ctx: ctx, store: store, children: map[int64][]childOp{}}
		c.yield = func(v *Violation) bool { return yield(v, nil) }
		if err := c.all(); err != nil && !errors.Is(err, errEnough) {
			yield(nil, fmt.Errorf("checking the journal: %w", err))
		}
	}
}

// errEnough ends a check whose reader has seen enough.
var errEnough = errors.New("enough")

type check struct {
	ctx      context.Context
	store    Store
	yield    func(*Violation) bool
	children map[int64][]childOp // by the run that asked for them; nil: it is not known
}

// all looks at every run, oldest first, so that a parent comes before its
// children.
func (c *check) all() error {
	if err := c.owners(); err != nil {
		return err
	}
	newest, err := c.store.Runs(c.ctx, Filter{Limit: 1})
	if err != nil || len(newest) == 0 {
		return err
	}
	for key := int64(1); key <= newest[0].Key; key++ {
		x, err := examine(c.ctx, c.store, key)
		if errors.Is(err, ErrNoRun) {
			continue // it was deleted: keys have gaps then
		} else if err != nil {
			return err
		}
		x.judge()
		for _, v := range x.found {
			if err := c.report(&x.row, v); err != nil {
				return err
			}
		}
		c.expect(x)
		if err := c.isChild(&x.row); err != nil {
			return err
		}
	}
	return c.missing()
}

// owners asks a store that knows more of them.
func (c *check) owners() error {
	r, ok := c.store.(Registry)
	if !ok {
		return nil
	}
	found, err := r.Ownership(c.ctx)
	if err != nil {
		return err
	}
	for _, v := range found {
		if !c.yield(v) {
			return errEnough
		}
	}
	return nil
}

func (c *check) report(row *Run, v *Violation) error {
	v.Run, v.ULID = row.Key, row.ULID
	if !c.yield(v) {
		return errEnough
	}
	return nil
}
