package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

const (
	selectProgress = `SELECT op, data FROM progress WHERE run = ?`
	selectTimers   = `SELECT due, op, attempt FROM timers WHERE run = ? ORDER BY due, op, attempt`
	selectCrashes  = `SELECT seq, phase, died, back FROM crashes WHERE run = ? ORDER BY number`
)

// Details implements journal.Store.
func (db *DB) Details(ctx context.Context, run int64) (journal.Details, error) {
	d := journal.Details{Progress: map[int64]json.RawMessage{}}
	err := db.read(ctx, fmt.Sprintf("details of run %d", run), func(r *reader) error {
		return r.snapshot(func() error { return r.details(ctx, run, &d) })
	})
	return d, err
}

func (r *reader) details(ctx context.Context, run int64, d *journal.Details) error {
	err := r.query(ctx, selectProgress, func(r row) error {
		d.Progress[r.int(0)] = r.json(1)
		return nil
	}, run)
	if err != nil {
		return err
	}
	err = r.query(ctx, selectTimers, func(r row) error {
		d.Timers = append(d.Timers, journal.Timer{Due: r.time(0), Op: r.int(1), Attempt: int(r.int(2))})
		return nil
	}, run)
	if err != nil {
		return err
	}
	return r.query(ctx, selectCrashes, func(r row) error {
		d.Crashes = append(d.Crashes, journal.Crash{Seq: r.int(0), Phase: journal.Phase(r.text(1)), Died: r.time(2), Back: r.time(3)})
		return nil
	}, run)
}
