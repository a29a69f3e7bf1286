package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// unprotected are the tables and columns in which a changed bit may go
// unnoticed, as docs/reliability.md says. No column of events, inbox and timers
// is among them.
var unprotected = []string{
	"runs.workflow", "runs.ulid(queued)", "runs.origin", "runs.created", "runs.phase", "runs.problem", "runs.owner", "runs.fence",
	"processes", "crashes", "progress", "keys", "schemas", "meta", "sqlite_sequence", "orders",
}

func isUnprotected(column string) bool {
	table, _, _ := strings.Cut(strings.TrimSuffix(column, " rows"), ".")
	return slices.Contains(unprotected, column) || slices.Contains(unprotected, table)
}

// outcome is what becomes of a damaged image.
type outcome string

const (
	harmless  outcome = "harmless" // everything is as it was
	refused   outcome = "refused"  // Open says no
	reported  outcome = "reported" // Integrity or Check does
	unnoticed outcome = "unnoticed"
)

// examine opens a damaged image. The error is a difference that must have been
// noticed.
func (i *image) examine(path string, check func(*DB) error) (outcome, error) {
	db, err := Open(path, syncing("OFF"))
	if err != nil {
		return refused, nil
	}
	defer db.Close()
	if check(db) != nil {
		return reported, nil
	}
	now, err := contentOf(db)
	if err != nil {
		return unnoticed, fmt.Errorf("it cannot be read, and nobody said so: %w", err)
	}
	all := i.says.differs(now)
	differs := slices.DeleteFunc(slices.Clone(all), isUnprotected)
	if len(differs) < len(all) { // what the queries make of these is no news
		differs = slices.DeleteFunc(differs, func(c string) bool { return c == "run" })
	}
	switch {
	case len(all) == 0:
		return harmless, nil
	case len(differs) > 0:
		return unnoticed, fmt.Errorf("nobody noticed a change of %s", strings.Join(differs, ", "))
	}
	return unnoticed, nil
}

// doctor looks at a file as durable doctor does.
func doctor(db *DB) error { return examined(db, db) }

// examined has the file looked at as it is, and the journal as through store.
func examined(db *DB, store journal.Store) error {
	problems, err := db.Integrity(bg)
	if len(problems) > 0 {
		err = errors.Join(err, errors.New(problems[0]))
	}
	for v, wrong := range journal.Check(bg, store) {
		return errors.Join(err, wrong, v)
	}
	return err
}

// trusting is a journal whose checksums nobody verifies: they are made to fit.
type trusting struct{ *DB }

func (s trusting) History(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	all, err := s.DB.History(ctx, run, 0, 0)
	row, rerr := s.DB.Run(ctx, journal.Ref{Key: run})
	err = errors.Join(err, rerr)
	sum := journal.Root(row.ULID)
	for i := range all {
		journal.Seal(sum, &all[i])
		sum = all[i].Sum
	}
	all = all[min(int(after), len(all)):]
	if limit > 0 {
		all = all[:min(limit, len(all))]
	}
	return all, err
}

func (s trusting) Run(ctx context.Context, ref journal.Ref) (journal.Run, error) {
	r, err := s.DB.Run(ctx, ref)
	if all, _ := s.History(ctx, r.Key, 0, 0); len(all) > 0 {
		r.LastSum = all[len(all)-1].Sum
	}
	return r, err
}

func (s trusting) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	all, err := s.DB.Inbox(ctx, run, after)
	for i := range all {
		all[i].Sum = all[i].Checksum(run)
	}
	return all, err
}

// damage makes so many images, each with an accident of its own, and counts what
// becomes of them. It ends at the first difference that nobody notices.
func damage(t *testing.T, i *image, images int, check func(*DB) error, accident func(n int, path string) (string, error)) error {
	outcomes, base := map[outcome]int{}, t.TempDir()
	for n := range images {
		dir := filepath.Join(base, fmt.Sprint(n))
		require.NoError(t, os.Mkdir(dir, 0o700))
		path := i.write(t, dir)
		what, err := accident(n, path)
		require.NoError(t, err)
		is, err := i.examine(path, check)
		if err != nil {
			return fmt.Errorf("image %d of seed %d, %s: %w", n, *seedFlag, what, err)
		}
		outcomes[is]++
		require.NoError(t, os.RemoveAll(dir))
	}
	t.Log(outcomes)
	return nil
}

// flip changes one bit of a file, or, where there is a log, mostly of that.
func flip(n int, path string) (string, error) {
	rng := chance(n)
	if _, err := os.Stat(path + "-wal"); err == nil && rng.IntN(4) > 0 {
		path += "-wal"
	}
	offset, bit, err := faultvfs.Flip(path, rng)
	return fmt.Sprintf("bit %d of byte %d of %s", bit, offset, filepath.Base(path)), err
}

// TestFlippedBits changes one bit of a file at a time, or of its log. What then
// differs from what was written must be reported: by Open, Integrity or Check.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]*image{"file": newImage(t, true), "log": newImage(t, false)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, damage(t, i, flips()/2, doctor, flip))
		})
	}
}

// FuzzFile writes over a part of a file, and takes away its end.
func FuzzFile(f *testing.F) {
	i := newImage(f, true)
	whole := i.files["test.db"]
	f.Add(uint(0), []byte{}, uint(0))
	f.Add(uint(28), []byte{0, 0, 0, 1}, uint(4096))
	f.Fuzz(func(t *testing.T, offset uint, patch []byte, cut uint) {
		path := i.write(t, t.TempDir())
		damaged := slices.Clone(whole[:uint(len(whole))-cut%uint(len(whole))])
		copy(damaged[offset%uint(len(damaged)):], patch)
		write(t, path, damaged)
		_, err := i.examine(path, doctor)
		require.NoError(t, err)
	})
}

// TestFlippedBitsAreNoticed verifies no checksums: then bits must be missed.
func TestFlippedBitsAreNoticed(t *testing.T) {
	t.Parallel()
	trusts := func(db *DB) error { return examined(db, trusting{db}) }
	err := damage(t, newImage(t, true), 500, trusts, flip)
	require.ErrorContains(t, err, "nobody noticed a change of events.")
}

// TestLogDamaged takes away the end of the log, or all of it, after its process
// has died.
func TestLogDamaged(t *testing.T) {
	t.Parallel()
	i := newImage(t, false)
	used := int64(len(bytes.TrimRight(i.files["test.db-wal"], "\x00"))) // what lies behind is nothing
	require.NoError(t, damage(t, i, flips()/5, doctor, func(n int, path string) (string, error) {
		size := chance(n).Int64N(used)
		return fmt.Sprintf("log cut at byte %d", size), os.Truncate(path+"-wal", size)
	}))
	require.NoError(t, damage(t, i, 1, doctor, func(_ int, path string) (string, error) {
		return "log removed", os.Remove(path + "-wal")
	}))
}

// flips is how many there are to be.
func flips() int {
	if testing.Short() {
		return *flipsFlag / 4
	}
	return *flipsFlag
}

// TestStoredZero changes what means the same, to 0 or an empty text where NULL was
// written.
func TestStoredZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ table, column, zero string }{
		{"events", "op", "0"}, {"events", "name", "''"}, {"events", "note", "''"}, {"events", "commands", "''"},
		{"inbox", "event", "''"}, {"inbox", "op", "0"}, {"inbox", "by", "''"}, {"inbox", "verified", "0"}, {"inbox", "key", "''"},
	} {
		t.Run(c.table+"."+c.column, func(t *testing.T) {
			t.Parallel()
			db := openNew(t)
			s := begin(t, db, activity(1))
			commit(t, db, s.next(completed(1)), signal(s.key, ""))
			require.NoError(t, doctor(db))
			edit(t, db, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %[2]s IS NULL", c.table, c.column, c.zero))
			require.ErrorContains(t, doctor(db), "P8")
			edit(t, db, fmt.Sprintf("UPDATE %s SET %s = NULL WHERE %[2]s = %s", c.table, c.column, c.zero))
		})
	}
}
