package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/peer"
)

// alone is the token of a process that has the file to itself.
const alone = "exclusive"

// Join implements journal.Shared.
func (db *DB) Join(_ context.Context, p journal.Peer) error {
	if err := db.join(p); err != nil {
		return fmt.Errorf("join %s: %w", db.path, explain(err))
	}
	return nil
}

func (db *DB) join(p journal.Peer) error {
	db.joining.Lock()
	defer db.joining.Unlock()
	db.probe.At(journal.JoinBefore)
	if db.self.Load() != 0 {
		return errors.New("this handle has joined already")
	}
	if p == nil {
		p = deaf{}
	}
	token := alone
	if db.dir != nil {
		if err := db.sweep(); err != nil {
			return err
		}
		m, err := db.dir.Join(told{p, db})
		if err != nil {
			return err
		}
		db.member.Store(m)
		token = m.Token()
		db.watch()
	}
	err := db.change(func(w *writer) error { return w.enlist(token) })
	if err != nil {
		err = errors.Join(err, db.disband())
	}
	db.probe.At(journal.JoinAfter)
	return err
}

// enlist writes this process's row.
func (w *writer) enlist(token string) error {
	host, _ := os.Hostname()
	return w.within(func() error {
		const add = `INSERT INTO processes (token, pid, host, started) VALUES (?, ?, ?, ?)`
		number, err := w.insert(add, token, int64(os.Getpid()), host, time.Now().UnixNano())
		if err == nil {
			w.db.self.Store(number)
		}
		return err
	})
}

// Leave implements journal.Shared. If the row cannot be removed, others will
// take it that this process has died.
func (db *DB) Leave() error {
	db.joining.Lock()
	defer db.joining.Unlock()
	self := db.self.Load()
	if self == 0 {
		return nil
	}
	db.probe.At(journal.LeaveBefore)
	wasBroken := db.broken.Load() != nil
	err := db.change(func(w *writer) error {
		clear(w.held)
		return w.within(func() error {
			err := w.exec(`DELETE FROM processes WHERE process = ?`, self)
			return err
		})
	})
	if wasBroken {
		err = nil // it was told before
	}
	err = errors.Join(err, db.disband())
	db.probe.At(journal.LeaveAfter)
	if err != nil {
		return fmt.Errorf("leave %s: %w", db.path, err)
	}
	return nil
}

// disband frees the lock.
func (db *DB) disband() error {
	db.self.Store(0)
	if m := db.member.Swap(nil); m != nil {
		return m.Leave()
	}
	return nil
}

// told passes on what others have to say.
type told struct {
	journal.Peer
	db *DB
}

func (t told) Nudged(run int64) {
	t.db.signal()
	t.Peer.Nudged(run)
}

// deaf is the peer of a process that does not listen.
type deaf struct{}

func (deaf) Nudged(int64) {}
func (deaf) Died()        {}
func (deaf) Called(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("this process takes no questions")
}

// Nudge implements journal.Shared.
func (db *DB) Nudge(run int64) {
	if db.dir == nil {
		return
	}
	lives := db.lives()
	owner, token, err := db.ownerOf(run)
	switch {
	case err != nil || owner == lives.self && owner != 0:
		return
	case !lives.alive(owner, token):
		token = "" // all of them
	}
	db.dir.Nudge(token, run)
}

func (db *DB) ownerOf(run int64) (owner int64, token string, err error) {
	const find = `SELECT p.process, p.token FROM runs r JOIN processes p ON p.process = r.owner WHERE r.run = ?`
	err = db.read(bg, "find owner", func(r *reader) error {
		return r.query(bg, find, func(r row) error {
			owner, token = r.int(0), r.text(1)
			return nil
		}, run)
	})
	return owner, token, err
}

// Call implements journal.Shared.
func (db *DB) Call(ctx context.Context, process int64, question []byte) ([]byte, error) {
	answer, err := db.call(ctx, process, question)
	if err != nil {
		return nil, fmt.Errorf("call process %d: %w", process, err)
	}
	return answer, nil
}

func (db *DB) call(ctx context.Context, process int64, question []byte) ([]byte, error) {
	var token string
	err := db.read(bg, "find process", func(r *reader) error {
		return r.query(bg, `SELECT token FROM processes WHERE process = ?`, func(r row) error {
			token = r.text(0)
			return nil
		}, process)
	})
	switch {
	case err != nil:
		return nil, err
	case token == "" || db.dir == nil:
		return nil, fmt.Errorf("%w: it is gone", journal.ErrHeld)
	}
	answer, err := db.dir.Call(ctx, token, question)
	if errors.Is(err, peer.ErrUnreachable) || ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", journal.ErrHeld, err)
	}
	return answer, err
}
