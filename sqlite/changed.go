package sqlite

import "time"

// pollEvery is how often the file is looked at for what others committed and
// nobody nudged us about.
const pollEvery = 250 * time.Millisecond

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

// watch starts the goroutine that gives this process's signs of life and polls.
func (db *DB) watch() {
	db.watching.Do(func() {
		db.running.Add(1)
		go func() {
			defer db.running.Done()
			t := time.NewTicker(pollEvery)
			defer t.Stop()
			for {
				select {
				case <-t.C:
					db.tick()
				case <-db.done:
					return
				}
			}
		}()
	})
}

func (db *DB) tick() {
	if m := db.member.Load(); m != nil {
		m.Touch()
	}
	if !db.asked.Load() {
		return
	}
	select {
	case _, open := <-db.turn:
		if open {
			_ = db.writer.glance() // a commit will meet the same error, and tell
			db.turn <- struct{}{}
		}
	default: // a commit is under way, and looks itself
	}
}
