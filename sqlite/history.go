package sqlite

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

const (
	selectEvents = `SELECT seq, at, kind, op, name, data, note, commands, sum FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?`
	selectInbox  = `SELECT id, kind, event, op, name, data, by, verified, key, at, sum FROM inbox WHERE run = ? AND id > ? ORDER BY id`
)

// History implements journal.Store.
func (db *DB) History(ctx context.Context, run, after int64, limit int) (events []journal.Event, err error) {
	if db.sabotage == NoCRC {
		return db.resealed(ctx, run, after, limit)
	}
	return db.history(ctx, run, after, limit)
}

func (db *DB) history(ctx context.Context, run, after int64, limit int) (events []journal.Event, err error) {
	err = db.read(ctx, fmt.Sprintf("history of run %d", run), func(r *reader) error {
		return r.query(ctx, selectEvents, func(r row) error {
			events = append(events, scanEvent(r))
			return nil
		}, run, after, many(limit))
	})
	return events, err
}

func scanEvent(r row) journal.Event {
	return journal.Event{
		Seq: r.int(0), At: r.time(1), Kind: journal.Kind(r.text(2)), Op: r.int(3), Name: r.text(4),
		Data: r.json(5), Note: r.json(6), Commands: r.json(7), Sum: r.sum(8, 3, 4),
	}
}

// many turns a limit into SQL's: 0, for no limit, is -1 there.
func many(limit int) int64 {
	if limit <= 0 {
		return -1
	}
	return int64(limit)
}

// Inbox implements journal.Store.
func (db *DB) Inbox(ctx context.Context, run, after int64) (messages []journal.Message, err error) {
	err = db.read(ctx, fmt.Sprintf("inbox of run %d", run), func(r *reader) error {
		return r.query(ctx, selectInbox, func(r row) error {
			messages = append(messages, journal.Message{
				ID: r.int(0), Kind: journal.MessageKind(r.text(1)), Event: journal.Kind(r.text(2)), Op: r.int(3), Name: r.text(4),
				Data: r.json(5), By: r.text(6), Verified: r.int(7) == 1, Key: r.text(8), At: r.time(9), Sum: r.sum(10, 2, 3, 4, 6, 7, 8),
			})
			return nil
		}, run, after)
	})
	return messages, err
}
