package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// sweepAbove is how many dead processes may be on record before a joining one
// clears up after them.
const sweepAbove = 8

// Processes implements journal.Census: those that have joined and not left.
func (db *DB) Processes(ctx context.Context) (all []journal.Process, err error) {
	lives := db.lives()
	err = db.read(ctx, "list processes", func(r *reader) error {
		return r.query(ctx, `SELECT process, token, pid, host, started FROM processes ORDER BY process`, func(r row) error {
			p := journal.Process{Number: r.int(0), PID: int(r.int(2)), Host: r.text(3), Started: r.time(4).Format(time.RFC3339)}
			p.Self = p.Number == lives.self
			life := lives.look(p.Number, r.text(1))
			p.Live, p.NoLock = life.alive, !life.alive && life.lastSign.IsZero()
			all = append(all, p)
			return nil
		})
	})
	return all, err
}

// Beside implements journal.Inquest.
func (db *DB) Beside(ctx context.Context, run int64) (beside bool, err error) {
	const other = `SELECT
	EXISTS (SELECT 1 FROM runs WHERE owner = ?1 AND run <> ?2 AND status = 'open' AND phase <> 'waiting') OR
	EXISTS (SELECT 1 FROM crashes WHERE process = ?1 AND run <> ?2 AND phase <> 'waiting')`
	err = db.read(ctx, fmt.Sprintf("find out what died with run %d", run), func(r *reader) error {
		row, err := findRun(ctx, r.conn, journal.Ref{Key: run}, db.lives())
		if err != nil || row.Owner == 0 {
			return err
		}
		yes, _, err := r.one(other, row.Owner, run)
		beside = yes != 0
		return err
	})
	return beside, err
}

// sweep forgets processes that died and own nothing any more, with their files
// beside the journal. What is dead stays dead and can only lose runs, so it does
// not matter who else does the same.
func (db *DB) sweep() error {
	dead, err := db.deadOwners()
	if err != nil || len(dead) <= sweepAbove {
		return err
	}
	const owning = `SELECT DISTINCT owner FROM runs WHERE owner IS NOT NULL AND status IN ('open', 'stuck')`
	err = db.read(bg, "find owners", func(r *reader) error {
		return r.query(bg, owning, func(r row) error {
			delete(dead, r.int(0))
			return nil
		})
	})
	if err != nil {
		return err
	}
	return db.forget(dead)
}

// deadOwners returns the tokens of dead processes by their number.
func (db *DB) deadOwners() (map[int64]string, error) {
	lives := db.lives()
	dead := map[int64]string{}
	err := db.read(bg, "list processes", func(r *reader) error {
		return r.query(bg, `SELECT process, token FROM processes`, func(r row) error {
			if p, token := r.int(0), r.text(1); !lives.alive(p, token) {
				dead[p] = token
			}
			return nil
		})
	})
	return dead, err
}

func (db *DB) forget(dead map[int64]string) error {
	err := db.change(func(w *writer) error {
		return w.within(func() error {
			for p := range dead {
				if err := w.exec(`DELETE FROM processes WHERE process = ?`, p); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, token := range dead {
		if !db.mourned(token) {
			_ = db.dir.Remove(token) // a file too many harms nobody
		}
	}
	return nil
}

// mourned reports whether the mark of a dead process is still to be accepted.
func (db *DB) mourned(token string) bool {
	for _, l := range db.Lost() {
		if l.token == token {
			return true
		}
	}
	return false
}
