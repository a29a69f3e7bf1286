package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed139febb4/durable/journal"
)

// Backup writes a complete copy, as of one moment, to a new file, while others
// go on. The copy is a journal of its own: it has another file id, and nobody
// owns its runs. fs.ErrExist if there is a file already.
func (db *DB) Backup(ctx context.Context, to string) error {
	if err := db.backup(ctx, to); err != nil {
		return fmt.Errorf("back up %s to %s: %w", db.path, to, explain(err))
	}
	return nil
}

func (db *DB) backup(ctx context.Context, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Dir(to)); errors.Is(err, fs.ErrNotExist) {
		return noFolder(filepath.Dir(to))
	}
	db.probe.At(journal.BackupBefore)
	err = db.read(ctx, "copy", func(*reader) error { // as long as this lasts the handle is not closed
		c, err := dial(ctx, db.path, db.settings, false) // readers may not write, not even a copy
		if err != nil {
			return err
		}
		return errors.Join(copyInto(ctx, c, to), c.close())
	})
	if err != nil {
		return err
	}
	err = makeOwn(to, db.settings)
	db.probe.At(journal.BackupAfter)
	return err
}

// copyInto writes a copy with all of this file's identity.
func copyInto(ctx context.Context, c *conn, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = c.query(ctx, "VACUUM INTO ?", func(row) error { return nil }, "file:"+escape(to))
	}
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return syncFolder(to)
}

// makeOwn turns a copy into a file of its own.
func makeOwn(path string, s settings) (err error) {
	c, err := dial(bg, path, s, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.run("BEGIN IMMEDIATE; UPDATE runs SET owner = NULL WHERE owner IS NOT NULL; DELETE FROM processes"); err != nil {
		return err
	}
	if err := nameFile(c); err != nil {
		return err
	}
	return c.run("COMMIT")
}
