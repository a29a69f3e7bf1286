package sqlite

import (
	"context"
	"slices"
	"time"
)

// Conditions on a run r of Work: ?1 are the workflows, ?2 the other live
// processes, as JSON lists.
const mayClaim = ` r.status = 'open' AND r.workflow IN (SELECT value FROM json_each(?1))
  AND (r.owner IS NULL OR r.owner NOT IN (SELECT value FROM json_each(?2))) `

// Each of the three ways to have work has an index of its own, and is read in
// its order, so that a limit ends the search. Of timers the earliest 4,096 that
// may be claimed are looked at: after a long down-time there may be a million.
const (
	workByPhase = `SELECT r.run FROM runs r WHERE r.phase IN ('queued', 'running') AND` + mayClaim + `ORDER BY r.run LIMIT ?3`
	workByInbox = `SELECT DISTINCT i.run FROM inbox i CROSS JOIN runs r ON r.run = i.run WHERE` + mayClaim + `ORDER BY i.run LIMIT ?3`
	workByTimer = `SELECT DISTINCT run FROM (
  SELECT t.run FROM timers t CROSS JOIN runs r ON r.run = t.run WHERE t.due <= ?4 AND` + mayClaim + `ORDER BY t.due LIMIT 4096
) ORDER BY run LIMIT ?3`
	nextTimer = `SELECT t.due FROM timers t CROSS JOIN runs r ON r.run = t.run WHERE t.due > ?3 AND` + mayClaim + `ORDER BY t.due LIMIT 1`
)

// Work implements journal.Store.
func (db *DB) Work(ctx context.Context, workflows []string, now time.Time, limit int) (due []int64, next time.Time, err error) {
	if len(workflows) == 0 {
		return nil, time.Time{}, nil
	}
	err = db.read(ctx, "find work", func(r *reader) error {
		return r.snapshot(func() error {
			others, err := db.lives().others(ctx, r.conn)
			if err != nil {
				return err
			}
			due, next, err = r.work(ctx, jsonList(workflows), jsonList(others), now.UnixNano(), limit)
			return err
		})
	})
	return due, next, err
}

func (r *reader) work(ctx context.Context, workflows, others string, now int64, limit int) (due []int64, next time.Time, err error) {
	add := func(r row) error {
		due = append(due, r.int(0))
		return nil
	}
	if err := r.query(ctx, workByPhase, add, workflows, others, many(limit)); err != nil {
		return nil, next, err
	}
	if err := r.query(ctx, workByInbox, add, workflows, others, many(limit)); err != nil {
		return nil, next, err
	}
	if err := r.query(ctx, workByTimer, add, workflows, others, many(limit), now); err != nil {
		return nil, next, err
	}
	slices.Sort(due)
	due = slices.Compact(due)
	if limit > 0 && len(due) > limit {
		due = due[:limit]
	}
	err = r.query(ctx, nextTimer, func(r row) error {
		next = r.time(0)
		return nil
	}, workflows, others, now)
	return due, next, err
}
