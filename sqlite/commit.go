package sqlite

import (
	"errors"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// Commit implements journal.Store. ErrHeld, like ErrFull, means that nothing
// was written and that the same writes may be tried again.
func (db *DB) Commit(writes ...journal.Write) error {
	if len(writes) == 0 {
		return nil
	}
	err := db.change(func(w *writer) error { return w.commit(writes) })
	if err == nil {
		err = db.checkLock(writes)
	}
	if err != nil {
		return fmt.Errorf("commit to %s: %w", db.path, err)
	}
	return nil
}

// checkLock is called after a commit. If a run was not this process's any more it
// may have been taken because the lock is lost; then all others will be, too, and
// nothing more is written. That is the commit's error if nothing of it was.
func (db *DB) checkLock(writes []journal.Write) error {
	disowned, some := journal.Disowned(writes...)
	m := db.member.Load()
	if !disowned || m == nil {
		return nil
	}
	if locked, err := m.Locked(); err != nil || locked {
		return nil // an error is none of the commit, and no proof
	}
	lost := db.breaks(errors.New("the lock file of this process was removed, so that others take it for dead, and take its runs"))
	if some {
		return nil
	}
	return lost
}

// change lets f write, when its turn comes, and judges what went wrong.
func (db *DB) change(f func(*writer) error) error {
	if err := db.take(); err != nil {
		return err
	}
	defer db.letGo()
	db.ckpt.finish(db.writer)
	if err := f(db.writer); err != nil {
		return db.judge(err)
	}
	db.ckpt.start(db.writer)
	db.writer.pin()
	return db.stillThere()
}

// letGo is release, unless something must be committed before.
func (db *DB) letGo() {
	if db.writer.owed {
		go db.pay()
		return
	}
	db.release()
}

// judge is called with why something was not committed. Unless it may be tried
// again, nothing is acknowledged from then on: what the disk holds is known for
// certain only after it was opened anew.
func (db *DB) judge(err error) error {
	err = explain(err)
	if again(err) {
		return err
	}
	return db.breaks(err)
}

// breaks ends all writing of this handle.
func (db *DB) breaks(why error) error {
	if !errors.Is(why, journal.ErrBroken) {
		why = fmt.Errorf("%w: %w", journal.ErrBroken, why)
	}
	db.broken.CompareAndSwap(nil, &why)
	return why
}
