package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/seed139febb4/durable/sqlite/peer"
)

// lives remembers, for the length of one call, which processes are alive.
type lives struct {
	db   *DB
	self int64
	seen map[int64]life
}

type life struct {
	alive    bool
	lastSign time.Time // of one that died; zero if unknown
}

func (db *DB) lives() *lives { return &lives{db: db, self: db.self.Load()} }

// look tells whether the process that holds token is alive.
func (l *lives) look(process int64, token string) life {
	switch process {
	case 0:
		return life{}
	case l.self:
		return life{alive: true}
	}
	if is, ok := l.seen[process]; ok {
		return is
	}
	if l.seen == nil {
		l.seen = map[int64]life{}
	}
	is := l.db.look(token)
	l.seen[process] = is
	return is
}

// look asks the kernel. Who cannot be asked about is taken to be alive: nothing
// is taken from it then.
func (db *DB) look(token string) life {
	if db.dir == nil {
		return life{}
	}
	alive, lastSign, err := db.dir.Alive(token)
	if err != nil && !errors.Is(err, peer.ErrToken) {
		return life{alive: true}
	}
	return life{alive: alive, lastSign: lastSign}
}

func (l *lives) alive(process int64, token string) bool { return l.look(process, token).alive }

// others lists the live processes but this one.
func (l *lives) others(ctx context.Context, c *conn) (live []int64, err error) {
	err = c.query(ctx, `SELECT process, token FROM processes`, func(r row) error {
		if p := r.int(0); p != l.self && l.alive(p, r.text(1)) {
			live = append(live, p)
		}
		return nil
	})
	return live, err
}

// lastSign is when a process that was looked at and is dead was last alive; zero
// if that is not known.
func (l *lives) lastSign(process int64) time.Time { return l.seen[process].lastSign }
