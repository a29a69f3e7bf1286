package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// Integrity reports everything that is wrong with the file as a file: damage
// that SQLite finds, losses, errors of checkpoints. Whether what the file says
// makes sense is for journal.Check.
func (db *DB) Integrity(ctx context.Context) (problems []string, err error) {
	err = db.read(ctx, "check integrity", func(r *reader) error {
		return r.query(ctx, "PRAGMA integrity_check", func(r row) error {
			if s := r.text(0); s != "ok" {
				problems = append(problems, s)
			}
			return nil
		})
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
