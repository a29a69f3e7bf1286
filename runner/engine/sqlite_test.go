package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/stretchr/testify/require"
)

// A sqliteDisk is a journal in a file. Its processes share one handle, one after
// the other. A kill leaves the file as it is on the disk: what comes after works
// on a copy made at that moment.
type sqliteDisk struct {
	*testing.T
	fault  func() journal.Fault
	folder string
	copies int

	lock chan struct{} // held by whoever uses what follows; unlike a Mutex it lets a bubble's time go on
	db   *sqlite.DB
	peer journal.Peer // of the process that has joined
	old  []*sqlite.DB
}

func newSQLiteDisk(t *testing.T, fault func() journal.Fault) *sqliteDisk {
	d := &sqliteDisk{T: t, fault: fault, folder: t.TempDir(), lock: make(chan struct{}, 1)}
	d.begin()
	return d
}

func (d *sqliteDisk) path() string { return filepath.Join(d.folder, fmt.Sprint(d.copies, ".db")) }

func (d *sqliteDisk) begin() {
	var err error
	d.db, err = sqlite.Open(d.path(), sqlite.Exclusive)
	require.NoError(d, err)
}

// crash goes on with a copy of the file.
func (d *sqliteDisk) crash() {
	from := d.path()
	d.copies++
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + suffix)
		require.NoError(d, err)
		require.NoError(d, os.WriteFile(d.path()+suffix, b, 0o600))
	}
	d.old, d.peer = append(d.old, d.db), nil
	d.begin()
}

// close ends the journal and returns where it is.
func (d *sqliteDisk) close() string {
	for _, db := range append(d.old, d.db) {
		require.NoError(d, db.Close())
	}
	return d.path()
}

func (d *sqliteDisk) reader() journal.Store { return &sqliteHandle{d: d, eternal: true} }

func (d *sqliteDisk) open() disked {
	d.lock <- struct{}{}
	defer func() { <-d.lock }()
	return &sqliteHandle{d: d, db: d.db}
}

// A sqliteHandle is what one process has of the disk, until it is killed.
type sqliteHandle struct {
	d       *sqliteDisk
	db      *sqlite.DB // the one that it was opened on
	eternal bool       // not a process: it follows the disk
	peer    journal.Peer
}

// use calls f with the database, if this process is still alive.
func (h *sqliteHandle) use(f func(db *sqlite.DB) error) error {
	h.d.lock <- struct{}{}
	defer func() { <-h.d.lock }()
	if !h.eternal && h.db != h.d.db {
		return journal.ErrBroken
	}
	return f(h.d.db)
}

func (h *sqliteHandle) kill() {
	_ = h.use(func(*sqlite.DB) error {
		h.d.crash()
		return nil
	})
}

func (h *sqliteHandle) Commit(writes ...journal.Write) error {
	fault := journal.NoFault
	if !h.eternal {
		fault = h.d.fault()
	}
	return h.use(func(db *sqlite.DB) error {
		if fault == journal.DiskFull {
			return journal.ErrFull
		}
		if fault != journal.CrashBefore {
			if err := db.Commit(writes...); err != nil {
				return err
			}
		}
		if fault != journal.NoFault {
			h.d.crash()
			return journal.ErrBroken
		}
		return nil
	})
}

func (h *sqliteHandle) Join(ctx context.Context, p journal.Peer) error {
	return h.use(func(db *sqlite.DB) error {
		h.peer, h.d.peer = p, p
		return db.Join(ctx, p)
	})
}

func (h *sqliteHandle) Leave() error {
	err := h.use(func(db *sqlite.DB) error {
		if h.peer != nil {
			h.d.peer = nil
		}
		return db.Leave()
	})
	if errors.Is(err, journal.ErrBroken) {
		return nil
	}
	return err
}

func (h *sqliteHandle) Close() error { return nil }

// Nudge passes on what clients have posted: to the handle they are the process.
func (h *sqliteHandle) Nudge(run int64) {
	var p journal.Peer
	_ = h.use(func(*sqlite.DB) error {
		p = h.d.peer
		return nil
	})
	if p != nil && p != h.peer {
		p.Nudged(run)
	}
}

func (h *sqliteHandle) Call(context.Context, int64, []byte) ([]byte, error) {
	return nil, journal.ErrHeld
}

func (h *sqliteHandle) Changed() <-chan struct{} { return nil }

func (h *sqliteHandle) Run(ctx context.Context, ref journal.Ref) (row journal.Run, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		row, err = db.Run(ctx, ref)
		return err
	})
	return row, err
}

func (h *sqliteHandle) Runs(ctx context.Context, f journal.Filter) (rows []journal.Run, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		rows, err = db.Runs(ctx, f)
		return err
	})
	return rows, err
}

func (h *sqliteHandle) History(ctx context.Context, run, after int64, limit int) (events []journal.Event, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		events, err = db.History(ctx, run, after, limit)
		return err
	})
	return events, err
}

func (h *sqliteHandle) Inbox(ctx context.Context, run, after int64) (messages []journal.Message, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		messages, err = db.Inbox(ctx, run, after)
		return err
	})
	return messages, err
}

func (h *sqliteHandle) Details(ctx context.Context, run int64) (details journal.Details, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		details, err = db.Details(ctx, run)
		return err
	})
	return details, err
}

func (h *sqliteHandle) Work(ctx context.Context, workflows []string, now time.Time, limit int) (due []int64, next time.Time, err error) {
	err = h.use(func(db *sqlite.DB) (err error) {
		due, next, err = db.Work(ctx, workflows, now, limit)
		return err
	})
	return due, next, err
}

// TestRandomPrograms on a file, with transactional steps: the rows of each are
// there once, whatever was killed when.
func TestRandomProgramsSQLite(t *testing.T) {
	if *oneSeed != 0 {
		playSQLite(t, *oneSeed)
		return
	}
	n := max(1, *seeds/50)
	if testing.Short() {
		n = min(n, 3)
	}
	for i := range n {
		seed := *firstOne + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { playSQLite(t, seed) })
	}
}

func playSQLite(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &generator{Rand: r, tx: true}
	n := g.program(2 + r.IntN(14))
	var want, got outcome
	t.Run("calm", func(t *testing.T) { want = playOnSQLite(t, n, &weather{Rand: r, noise: time.Minute}, Config{}) })
	w, c := storm(r, n)
	c.Only = false // which takes a second process in the end
	t.Run("stormy", func(t *testing.T) { got = playOnSQLite(t, n, w, c) })
	if t.Failed() || want != got {
		t.Fatalf("-seed %d: undisturbed it gives\n%v\nhere it gives\n%v\nthe program is\n%v", seed, want, got, n)
	}
}

func playOnSQLite(t *testing.T, n node, w *weather, c Config) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, new(bubble), w, c)
		s.tx = &host.Binding{Name: "tx", Tx: s.transact,
			Schema: []string{`CREATE TABLE effects (run TEXT, op INTEGER, attempt INTEGER)`}}
		disk := newSQLiteDisk(t, s.fault)
		s.disk = disk
		o = s.play(n, 1)
		s.check()
		done := s.transacted()
		countEffects(t, disk.close(), done)
	})
	return o
}

// transact is the step: it writes a row, and then may fail.
func (s *stage) transact(ctx context.Context, tx *sql.Tx, in json.RawMessage) (json.RawMessage, error) {
	var n node
	if err := json.Unmarshal(in, &n); err != nil {
		return nil, err
	}
	task := host.TaskOf(ctx)
	if _, err := tx.ExecContext(ctx, `INSERT INTO effects VALUES (?, ?, ?)`, task.Run.ULID, task.Op, task.Attempt); err != nil {
		return nil, err
	}
	if task.Attempt <= n.Fail {
		return nil, fmt.Errorf("attempt %d of %d: %w", task.Attempt, n.ID, errBoom)
	}
	return json.RawMessage(fmt.Sprint(task.Attempt)), nil
}

// transacted lists the transactional steps that are recorded as completed, and
// those that were given up, of which nobody can know.
func (s *stage) transacted() map[string]bool {
	done := map[string]bool{}
	rows, err := s.disk.reader().Runs(context.Background(), journal.Filter{})
	require.NoError(s, err)
	for _, row := range rows {
		state := s.state(row.ULID)
		for i := range state.Operations {
			o := &state.Operations[i]
			if o.Command.Kind == journal.RunTx {
				name := fmt.Sprint(row.ULID, " ", o.Command.Op)
				if o.Kind == journal.ActivityCompleted {
					done[name] = true
				} else if o.Answer == 0 {
					done[name] = false
				}
			}
		}
	}
	return done
}

// countEffects compares what is in the file with that.
func countEffects(t *testing.T, path string, done map[string]bool) {
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	found := map[string]int{}
	rows, err := db.Query(`SELECT run || ' ' || op FROM effects`)
	if err != nil {
		require.ErrorContains(t, err, "no such table")
	} else {
		defer rows.Close()
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			found[name]++
		}
		require.NoError(t, rows.Err())
	}
	compareEffects(t, found, done)
}

func compareEffects(t require.TestingT, found map[string]int, done map[string]bool) {
	for name, times := range found {
		if _, known := done[name]; !known || times != 1 {
			t.Errorf("step %s has written %d times, and that its end is recorded is %v", name, times, known)
		}
	}
	for name, completed := range done {
		if completed && found[name] != 1 {
			t.Errorf("step %s is recorded, its rows are not there", name)
		}
	}
}
