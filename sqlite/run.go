package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// selectRun makes journal.Run of a row of runs; scanRun knows its columns.
const selectRun = `SELECT r.run, r.ulid, r.id, r.workflow, r.status, r.phase, r.origin, r.parent, r.parent_op, r.created, r.ended,
  r.problem, r.owner, p.token, r.fence, e.seq, e.at, e.sum,
  (SELECT count(*) FROM crashes c WHERE c.run = r.run),
  (SELECT sum(cleared = 0) + sum(cleared = 2) / 4 FROM crashes c WHERE c.run = r.run AND c.seq = ifnull(e.seq, 0) AND c.phase <> 'waiting'),
  (SELECT count(*) FROM inbox i WHERE i.run = r.run)
FROM runs r LEFT JOIN processes p ON p.process = r.owner
  LEFT JOIN events e ON e.run = r.run AND e.seq = (SELECT max(seq) FROM events WHERE run = r.run) `

const (
	byKey  = selectRun + `WHERE r.run = ?`
	byULID = selectRun + `WHERE ` + isULID
	byID   = selectRun + `WHERE r.run = (
  SELECT run FROM (SELECT run, status FROM runs WHERE id = ?1 UNION ALL SELECT run, status FROM runs WHERE ` + isULID + ` AND id IS NULL)
  ORDER BY status IN ('open', 'stuck') DESC, run DESC LIMIT 1)`
)

func scanRun(r row, lives *lives) journal.Run {
	run := journal.Run{
		Key: r.int(0), ULID: r.text(1), ID: r.text(2), Workflow: r.text(3), Status: journal.Status(r.text(4)),
		Origin: journal.Origin(r.text(6)), Parent: r.int(7), ParentOp: r.int(8), Created: r.time(9), Ended: r.time(10),
		Problem: r.json(11), Fence: r.int(14), LastSeq: r.int(15), LastAt: r.time(16), LastSum: r.sum(17),
		Crashes: int(r.int(18)), Streak: int(r.int(19)), Inbox: int(r.int(20)),
	}
	if run.ID == "" {
		run.ID = run.ULID
	}
	if run.LastSeq == 0 {
		run.LastAt, run.LastSum = run.Created, journal.Root(run.ULID)
	}
	if run.Status == journal.StatusOpen {
		run.Phase = journal.Phase(r.text(5))
	}
	if token := r.text(13); token != "" { // a process that has left owns nothing
		run.Owner = r.int(12)
		run.Self = run.Owner == lives.self
		run.Live = lives.alive(run.Owner, token)
	}
	return run
}

// findRun is Store.Run on any connection.
func findRun(ctx context.Context, c *conn, ref journal.Ref, lives *lives) (run journal.Run, err error) {
	query, name := byKey, any(ref.Key)
	switch {
	case ref.Key != 0:
	case ref.ULID != "":
		query, name = byULID, ref.ULID
	default:
		query, name = byID, ref.ID
	}
	err = c.query(ctx, query, func(r row) error {
		run = scanRun(r, lives)
		return nil
	}, name)
	if err == nil && run.Key == 0 {
		err = fmt.Errorf("run %v: %w", name, journal.ErrNoRun)
	}
	return run, err
}

// Run implements journal.Store.
func (db *DB) Run(ctx context.Context, ref journal.Ref) (run journal.Run, err error) {
	err = db.read(ctx, "find run", func(r *reader) error {
		run, err = findRun(ctx, r.conn, ref, db.lives())
		return err
	})
	return run, err
}

// Runs implements journal.Store.
func (db *DB) Runs(ctx context.Context, f journal.Filter) (runs []journal.Run, err error) {
	query, args := listQuery(f)
	err = db.read(ctx, "list runs", func(r *reader) error {
		lives := db.lives()
		return r.query(ctx, query, func(r row) error {
			runs = append(runs, scanRun(r, lives))
			return nil
		}, args...)
	})
	return runs, err
}

func listQuery(f journal.Filter) (string, []any) {
	where, args := []string{"true"}, []any{}
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.Status != nil {
		if unfinished(f.Status) {
			and("r.status IN ('open', 'stuck')") // so that the index of these is used
		}
		and("r.status IN (SELECT value FROM json_each(?))", jsonList(f.Status))
	}
	if f.Workflow != "" {
		and("r.workflow = ?", f.Workflow)
	}
	if f.Origin != "" {
		and("r.origin = ?", string(f.Origin))
	}
	if f.Parent != 0 {
		and("r.parent = ?", f.Parent)
	}
	if !f.Since.IsZero() {
		and("r.created >= ?", f.Since.UnixNano())
	}
	if s := f.Suffix; len(s) >= 4 {
		and("? IN (substr(r.ulid, 1, length(?)), substr(r.ulid, -length(?)), substr(r.id, 1, length(?)), substr(r.id, -length(?)))", s, s, s, s, s)
	} else if s != "" {
		and("false")
	}
	query := selectRun + "WHERE " + strings.Join(where, " AND ") + " ORDER BY r.run DESC"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, int64(f.Limit))
	}
	return query, args
}

func unfinished(statuses []journal.Status) bool {
	for _, s := range statuses {
		if s.Closed() {
			return false
		}
	}
	return true
}

// jsonList is the argument of json_each(?): a list of any length in one
// parameter.
func jsonList[T any](list []T) string {
	if list == nil {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "[]" // strings and numbers cannot fail
	}
	return string(b)
}
