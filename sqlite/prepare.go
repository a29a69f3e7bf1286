package sqlite

import (
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/seed139febb4/durable/journal"
)

// openWriter opens the connection that writes, and makes the file what this
// program expects.
func openWriter(db *DB) (*writer, error) {
	c, err := dial(bg, db.path, db.settings, false)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: c, db: db, held: map[int64]holding{}, kept: kept{}}
	// Where two that create the file might wait for each other, SQLite does not
	// wait at all. What this package itself calls held, for a migration, stays so.
	for end := time.Now().Add(db.patience); ; time.Sleep(prepareAgain) {
		err = w.prepare()
		busy := errors.Is(explain(err), journal.ErrHeld) && !errors.Is(err, journal.ErrHeld)
		if !busy || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// prepareAgain is how soon a busy file is tried again.
const prepareAgain = 5 * time.Millisecond

func (w *writer) prepare() error {
	if err := w.checkWritable(); err != nil {
		return err
	}
	if err := w.identify(); err != nil {
		return err
	}
	if err := w.startLog(); err != nil {
		return err
	}
	if err := w.arm(); err != nil {
		return err
	}
	if err := w.upgrade(); err != nil {
		return err
	}
	var err error
	if w.db.file, err = w.fileID(); err != nil {
		return err
	}
	if w.newest.file, err = ulid.ParseStrict(w.db.file); err != nil {
		return fmt.Errorf("%w: the id it gives itself, %q, is none", journal.ErrDamaged, w.db.file)
	}
	return w.guard.install(w.conn)
}

func (w *writer) checkWritable() error {
	readOnly, err := w.dc.(interface{ IsReadOnly(string) (bool, error) }).IsReadOnly("main")
	if err == nil && readOnly {
		err = fmt.Errorf("%w: SQLite may not write to it", journal.ErrReadOnly)
	}
	return err
}

// identify marks an empty file as ours, before anything else, so that a half-made
// one is known; another one must be.
func (w *writer) identify() error {
	pages, _, err := w.one("PRAGMA page_count") // first: another process may be creating the file
	if err != nil {
		return err
	}
	if pages == 0 {
		return w.run(fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	}
	id, _, err := w.one("PRAGMA application_id")
	if err == nil && id != applicationID {
		err = fmt.Errorf("%w: it is an SQLite file, but holds no journal", journal.ErrForeign)
	}
	return err
}

// startLog switches to the write-ahead log; it says so if the file system
// cannot have one.
func (w *writer) startLog() error {
	var mode string
	err := w.query(bg, "PRAGMA journal_mode = WAL", func(r row) error {
		mode = r.text(0)
		return nil
	})
	if err == nil && mode != "wal" {
		err = errors.New("the file system cannot hold SQLite's write-ahead log")
	}
	return err
}

// upgrade brings the file to the newest layout. Of a file with content a copy is
// put beside it first, and nobody else may have it open.
func (w *writer) upgrade() error {
	from, err := w.conn.version()
	switch {
	case err != nil:
		return err
	case from > layout():
		return newer(from)
	case from == layout():
		return nil
	case from > 0:
		if err := w.db.nobodyElse(); err != nil {
			return err
		}
		copied := fmt.Sprintf("%s.layout%d-%s", w.db.path, from, time.Now().UTC().Format("20060102T150405.000"))
		if err := copyInto(bg, w.conn, copied); err != nil {
			return fmt.Errorf("copy before the migration: %w", err)
		}
	}
	if err := migrate(w.conn, w.db.settings); err != nil {
		return err
	}
	if err := syncFolder(w.db.path); err != nil {
		return err
	}
	return checkpoint(w.conn) // the layout is in the file itself, also for who copies it without its -wal
}
