package sqlite

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/peer"
)

// falseOwners finds owners that never were a process, and owners of runs that
// are not open; journal.Check sees those of them that are processes still. One
// that has left is no contradiction: it owns nothing.
const falseOwners = `SELECT run, ulid, owner, status FROM runs
WHERE owner > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'processes')
  OR owner IS NOT NULL AND status <> 'open' AND owner NOT IN (SELECT process FROM processes)
ORDER BY run`

// Ownership implements journal.Registry.
func (db *DB) Ownership(ctx context.Context) (found []*journal.Violation, err error) {
	err = db.read(ctx, "check owners", func(r *reader) error {
		return r.query(ctx, falseOwners, func(r row) error {
			rule := fmt.Sprintf("process %d owns it, and there never was such a process", r.int(2))
			if status := r.text(3); status != string(journal.StatusOpen) {
				rule = fmt.Sprintf("it is %s, and process %d owns it", status, r.int(2))
			}
			found = append(found, &journal.Violation{Promise: "P5", Run: r.int(0), ULID: r.text(1), Rule: rule})
			return nil
		})
	})
	if err != nil || db.dir == nil {
		return found, err
	}
	strays, err := db.strays(ctx)
	for _, m := range strays {
		found = append(found, &journal.Violation{Promise: "P5",
			Rule: fmt.Sprintf("process %d (started %s) holds lock %s, and is not among the processes", m.PID, m.Started.Format(time.RFC3339), m.Token)})
	}
	return found, err
}

const (
	strayLooks = 25 // how often a stray is looked at again
	strayPause = 20 * time.Millisecond
)

// strays are live members without a row. Who joins or leaves is one for a
// moment, so they are looked at for a while.
func (db *DB) strays(ctx context.Context) (map[string]peer.Info, error) {
	strays, err := db.rowless(ctx)
	for n := 0; err == nil && len(strays) > 0 && n < strayLooks; n++ {
		select {
		case <-time.After(strayPause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		var still map[string]peer.Info
		still, err = db.rowless(ctx)
		maps.DeleteFunc(strays, func(token string, _ peer.Info) bool { return still[token].Token == "" })
	}
	return strays, err
}

func (db *DB) rowless(ctx context.Context) (map[string]peer.Info, error) {
	members, err := db.dir.Members()
	if err != nil {
		return nil, err
	}
	live := map[string]peer.Info{}
	for _, m := range members {
		if m.Live {
			live[m.Token] = m
		}
	}
	err = db.read(ctx, "list processes", func(r *reader) error {
		return r.query(ctx, `SELECT token FROM processes`, func(r row) error {
			delete(live, r.text(0))
			return nil
		})
	})
	return live, err
}
