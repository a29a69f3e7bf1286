package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// memory compares what must not be forgotten of messages, their keys and the
// highest number, with the messages themselves: those that wait, and those that
// are events now.
const memory = `WITH known (run, message, key) AS (
  SELECT run, id, key FROM inbox
  UNION ALL SELECT run, note ->> 'message', note ->> 'key' FROM events WHERE note IS NOT NULL AND json_valid(note)
)
SELECT format('message %d of run %d: its key is not kept', m.message, m.run) FROM known m
  LEFT JOIN keys k ON k.run = m.run AND k.key = m.key WHERE m.key IS NOT NULL AND k.message IS NOT m.message
UNION ALL SELECT format('the number of message %d may be used again', max(message)) FROM known
  HAVING max(message) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'inbox'), 0)`

// Integrity reports everything that is wrong with the file as a file: damage
// that SQLite finds, tables that are not as they were made, keys of messages that are gone, losses, errors of
// checkpoints. Whether what the file says makes sense is for journal.Check.
func (db *DB) Integrity(ctx context.Context) (problems []string, err error) {
	err = db.read(ctx, "check integrity", func(r *reader) error {
		note := func(r row) error {
			if s := r.text(0); s != "ok" {
				problems = append(problems, s)
			}
			return nil
		}
		differ, err := r.checkSchema(ctx)
		problems = append(problems, differ...)
		return errors.Join(err, r.query(ctx, "PRAGMA integrity_check", note), r.query(ctx, memory, note))
	})
	switch {
	case err == nil:
	case ctx.Err() != nil || errors.Is(err, errClosed):
		return nil, err
	default: // that the check cannot be made is what it has found
		problems = append(problems, err.Error())
	}
	for _, l := range db.Lost() {
		problems = append(problems, l.String())
	}
	if why := db.ckpt.failed.Load(); why != nil {
		problems = append(problems, fmt.Sprintf("the last checkpoint failed: %v", *why))
	}
	if why := db.broken.Load(); why != nil {
		problems = append(problems, (*why).Error())
	}
	return problems, nil
}
