package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// diskErrors are what a disk can answer to each call.
var diskErrors = []faultvfs.Fault{
	{Op: faultvfs.Open, Code: codes.SQLITE_CANTOPEN},
	{Op: faultvfs.Open, Code: codes.SQLITE_IOERR},
	{Op: faultvfs.Read, Code: codes.SQLITE_IOERR_READ},
	{Op: faultvfs.Read, Code: codes.SQLITE_IOERR_SHORT_READ, Half: true},
	{Op: faultvfs.Read, Code: codes.SQLITE_IOERR_SHORT_READ},
	{Op: faultvfs.Write, Code: codes.SQLITE_IOERR_WRITE},
	{Op: faultvfs.Write, Code: codes.SQLITE_IOERR_WRITE, Half: true},
	{Op: faultvfs.Write, Code: codes.SQLITE_FULL},
	{Op: faultvfs.Write, Code: codes.SQLITE_FULL, Half: true},
	{Op: faultvfs.Sync, Code: codes.SQLITE_IOERR_FSYNC},
	{Op: faultvfs.Truncate, Code: codes.SQLITE_IOERR_TRUNCATE},
	{Op: faultvfs.Delete, Code: codes.SQLITE_IOERR_DELETE},
	{Op: faultvfs.Size, Code: codes.SQLITE_IOERR_FSTAT},
	{Op: faultvfs.Access, Code: codes.SQLITE_IOERR_ACCESS},
	{Op: faultvfs.Lock, Code: codes.SQLITE_IOERR_LOCK},
	{Op: faultvfs.MapIndex, Code: codes.SQLITE_IOERR_SHMMAP},
	{Op: faultvfs.MapIndex, Code: codes.SQLITE_IOERR_SHMSIZE},
	{Op: faultvfs.LockLog, Code: codes.SQLITE_IOERR_SHMLOCK},
}

// TestDiskErrors has the calls fail that a whole life of a journal makes, one
// after the other: once, and from then on. Without a limit it is every single
// one.
func TestDiskErrors(t *testing.T) {
	t.Run("a new file", func(t *testing.T) { failAll(t, trial{}) })
	t.Run("a migration", func(t *testing.T) {
		if testing.Short() {
			t.Skip("a new file makes the same calls, and more")
		}
		path, shows := worked(t)
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		lengthen(t, nextLayout)
		failAll(t, trial{before: before, shows: shows})
	})
}

func failAll(t *testing.T, l trial) {
	disk := newDisk(t)
	l.disk = disk
	count := l
	require.NoError(t, count.live(filepath.Join(t.TempDir(), "test.db")))
	var faults []faultvfs.Fault
	of := map[faultvfs.Op]int{}
	for _, f := range diskErrors {
		for _, f.File = range []faultvfs.Kind{faultvfs.Database, faultvfs.Log, faultvfs.Journal} {
			// Of half a page SQLite takes the rest for zeros. A page without anything it finds damaged.
			halfPage := f.Half && f.Op == faultvfs.Read && f.File == faultvfs.Database
			if disk.Calls(f.File, f.Op) > 0 && !halfPage {
				faults = append(faults, f)
				of[f.Op]++
			}
		}
	}
	require.Len(t, of, len(faultvfs.Ops), "each kind of call was made")
	for _, f := range faults {
		t.Run(fmt.Sprintf("%s of %s, code %d, half %v", f.Op, f.File, f.Code, f.Half), func(t *testing.T) {
			t.Parallel()
			l := l
			l.disk, l.fault = newDisk(t), f
			stride := 1
			if wanted := *faultsFlag; wanted > 0 {
				if testing.Short() {
					wanted = 1 + wanted/60
				}
				all := 2 * disk.Calls(f.File, f.Op)
				stride = min(all, max(1, all*of[f.Op]/wanted))
			}
			failEach(t, l, stride)
		})
	}
}

// failEach has every call fail, or, with a stride of 2 and more, one of so many.
func failEach(t *testing.T, l trial, stride int) {
	tried := 0
	for n := stride / 2; ; n += stride {
		l.fault.Call, l.fault.Sticky = 1+n/2, n%2 == 1
		l := l
		require.NoError(t, l.live(filepath.Join(t.TempDir(), "test.db")), "%v", l.fault)
		if l.hits == 0 {
			break
		}
		tried++
	}
	require.NotZero(t, tried, "no call ever failed")
	t.Logf("%d calls failed", tried)
}

// A trial is a drill that opens a file, works, reads, checkpoints, closes, and
// opens it again, on a disk that fails somewhere on the way.
type trial struct {
	disk   *faultvfs.VFS
	fault  faultvfs.Fault
	before []byte // the file as it was, nil: there is none
	shows  picture

	d    *drill
	hits int
	told int  // of these: those that somebody was told of
	full bool // the disk may be full, and then not
}

// errStopped ends a trial: the handle has said that it acknowledges nothing more.
var errStopped = errors.New("stopped")

func (l *trial) live(path string) error {
	d := newDrill(chance(1), path, VFS(l.disk.Name()), ripening(20))
	l.d = d
	d.again, d.mend = l.again, l.mend
	l.full = l.fault.Code == codes.SQLITE_FULL || l.fault.Code == codes.SQLITE_IOERR_SHMSIZE
	if l.before != nil {
		if err := os.WriteFile(path, l.before, 0o600); err != nil {
			return err
		}
		d.held, d.made = l.shows, 1000
	}
	l.disk.Fail(l.fault)
	err := l.work()
	l.hits = l.disk.Hits()
	l.disk.Mend()
	if errors.Is(err, errStopped) {
		err = nil
	}
	_ = d.close() // it has failed, perhaps
	if err != nil {
		return err
	}
	return whole(path, d.held, d.trying)
}

func (l *trial) work() error {
	for range 2 {
		if err := l.open(); err != nil {
			return err
		}
		for range 8 {
			untold := l.disk.Hits() > l.told
			if err := l.d.step(); err != nil {
				return err
			}
			l.d.db.ckpt.running.Wait()
			if untold && l.mustStop() {
				return fmt.Errorf("%v: and a commit later it goes on", l.fault)
			}
			if err := l.read(); err != nil {
				return err
			}
		}
		if err := l.d.close(); err != nil && l.disk.Hits() == 0 {
			return err
		}
		l.told = l.disk.Hits() // SQLite does not tell of a checkpoint that failed when it closes; the log is left
	}
	return nil
}

// mustStop reports whether the fault means that nothing is certain any more.
func (l *trial) mustStop() bool {
	return !l.full && (l.fault.Op == faultvfs.Write || l.fault.Op == faultvfs.Sync)
}

// open opens the journal; if that fails, it must succeed without the fault.
func (l *trial) open() error {
	err := l.d.open()
	if err == nil || l.disk.Hits() == 0 || errors.Is(err, errStopped) {
		return err
	}
	l.mend()
	_ = l.d.close()
	return l.d.open()
}

// mend ends the fault when it was told of.
func (l *trial) mend() {
	l.disk.Mend()
	l.told = l.disk.Hits()
}

// read looks at the journal; if that fails, it must succeed without the fault.
func (l *trial) read() error {
	seen, err := look(l.d.db)
	if err != nil && l.disk.Hits() > 0 {
		l.mend()
		seen, err = look(l.d.db)
	}
	switch {
	case err != nil:
		return fmt.Errorf("reading: %w", err)
	case l.fault.Code == codes.SQLITE_IOERR_SHORT_READ && l.fault.File == faultvfs.Database:
		return nil // SQLite takes it for the end of the file, and what is missing for zeros
	}
	return same(seen, l.d.held)
}

// again judges the error of a commit.
func (l *trial) again(err error) (more bool, _ error) {
	if l.disk.Hits() == 0 {
		return false, err
	}
	switch {
	case errors.Is(err, journal.ErrFull) && l.full:
		l.disk.Mend()
		return true, nil
	case !errors.Is(err, journal.ErrBroken):
		return false, fmt.Errorf("it does not say that it stops: %w", err)
	}
	l.disk.Mend()
	if err := l.d.db.Commit(&journal.Resume{Run: 1}); !errors.Is(err, journal.ErrBroken) {
		return false, fmt.Errorf("it has not stopped: %w", err)
	}
	return false, errStopped
}
