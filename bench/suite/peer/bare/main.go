// Bare is the limit: the rows that a durable step needs at least, committed by
// modernc.org/sqlite with nothing around it. No system can be faster on this
// driver and disk, unless it commits fewer rows or syncs less often.
package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite"

	"github.com/seed139febb4/durable/bench/suite/port"
)

func main() {
	port.Serve(port.Peer{
		Name:    "bare",
		Version: "modernc.org/sqlite, as durable has it",
		Durable: "SQLite, WAL, synchronous=FULL; no workflows, only their rows",
		Alone:   "there is no workflow",
		Open:    open,
	})
}

const none = port.NotOffered("bare rows do not sleep or run")

type system struct {
	db     *sql.DB
	insert *sql.Stmt
	work   *port.Work

	mu  sync.Mutex
	seq int
}

func open(_ context.Context, dir string, w *port.Work) (port.System, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(1000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := lengthenLog(db); err != nil {
		return nil, err
	}
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS e(run INTEGER, seq INTEGER, at INTEGER, kind TEXT, data TEXT,
		commands TEXT, PRIMARY KEY(run, seq)) WITHOUT ROWID`)
	if err != nil {
		return nil, err
	}
	s := &system{db: db, work: w}
	if err := db.QueryRow("SELECT ifnull(max(seq), 0) FROM e").Scan(&s.seq); err != nil {
		return nil, err
	}
	s.insert, err = db.Prepare("INSERT INTO e VALUES(1, ?, ?, 'activity.completed', '1', '[]')")
	return s, err
}

// lengthenLog gives the log of a new file the length that it will have, as
// durable does, too: to write over it is faster than to let it grow.
func lengthenLog(db *sql.DB) error {
	var tables int
	err := db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables)
	if err == nil && tables == 0 {
		_, err = db.Exec(`PRAGMA wal_autocheckpoint = 0; CREATE TABLE room(b); INSERT INTO room VALUES(zeroblob(4000000));
			DROP TABLE room; PRAGMA wal_checkpoint(RESTART); PRAGMA wal_autocheckpoint = 1000`)
	}
	return err
}

// alone commits n rows, each in a transaction.
func (s *system) alone(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.seq++
		if _, err := s.insert.Exec(s.seq, time.Now().UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// together commits n rows in one transaction.
func (s *system) together(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert := tx.Stmt(s.insert)
	for range n {
		s.seq++
		if _, err := insert.Exec(s.seq, time.Now().UnixNano()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *system) Sequence(_ context.Context, n int) error { return s.alone(n + 1) }

// Crowd writes a group for each step that all workflows in flight have made.
func (s *system) Crowd(_ context.Context, runs, steps, inFlight int) error {
	for ; runs > 0; runs -= inFlight {
		for range steps + 1 {
			if err := s.together(min(runs, inFlight)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) Fan(_ context.Context, n int) error {
	if err := s.alone(1); err != nil {
		return err
	}
	return s.together(n)
}

func (s *system) Await(ctx context.Context, _ string, n int) error {
	for range n {
		if err := s.alone(1); err != nil {
			return err
		}
		if _, err := s.work.Step(ctx, 0); err != nil {
			return err
		}
	}
	s.work.Reached()
	return nil
}

// Signal commits a row and reads all rows, as one who rebuilds the workflow does.
func (s *system) Signal(context.Context, string) error {
	if err := s.alone(1); err != nil {
		return err
	}
	rows, err := s.db.Query("SELECT seq, at, kind, data, commands FROM e")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq, at int64
		var kind, data, commands []byte
		if err := rows.Scan(&seq, &at, &kind, &data, &commands); err != nil {
			return err
		}
	}
	s.work.Reached()
	return rows.Err()
}

func (s *system) Result(context.Context, string) error { return nil }

func (s *system) Sleep(context.Context) error { return none }

func (s *system) Hang(context.Context) error { return none }

func (s *system) Close() error { return s.db.Close() }
