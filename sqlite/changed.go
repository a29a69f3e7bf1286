package sqlite

import "time"

// The file is looked at this often for what others committed and nobody nudged us
// about; when nobody has written for as long as that, at pollQuietly.
const (
	pollEvery   = 250 * time.Millisecond
	pollQuietly = time.Second
)

// Changed implements journal.Store. The first call takes note of what there is
// and starts the polling.
func (db *DB) Changed() <-chan struct{} {
	if !db.asked.Swap(true) {
		db.tick()
	}
	if db.dir != nil {
		db.watch()
	}
	return db.changed
}

// signal makes Changed receive.
func (db *DB) signal() {
	select {
	case db.changed <- struct{}{}:
	default: // it has not been looked at since the last time
	}
}

// watch starts the goroutine that gives this process's signs of life, lets go of
// what an idle writer has pinned, and polls.
func (db *DB) watch() {
	if db.watching.Swap(true) {
		return
	}
	db.running.Go(func() {
		every, last := pollEvery, time.Now()
		t := time.NewTimer(every)
		defer t.Stop()
		for {
			select {
			case now := <-t.C:
				if db.tick() {
					every, last = pollEvery, now
				} else if now.Sub(last) >= pollQuietly {
					every = pollQuietly
				}
				t.Reset(every)
			case <-db.done:
				return
			}
		}
	})
}

// tick reports whether anybody has written since the last one that looked.
func (db *DB) tick() (written bool) {
	if m := db.member.Load(); m != nil {
		m.Touch()
	}
	select {
	case _, open := <-db.turn:
		if !open {
			return false
		}
		db.writer.unpin()
		if db.asked.Load() {
			_ = db.writer.glance() // a commit will meet the same error, and tell
			written, db.polled = db.writer.version != db.polled, db.writer.version
		}
		db.turn <- struct{}{}
		return written
	default: // a commit is under way, and looks itself
		return true
	}
}
