package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// A tape is a recorded drill: what was acknowledged by when.
type tape struct {
	*faultvfs.Recording
	disk     *faultvfs.VFS
	pictures []picture // after each commit; the first is of nothing
	ends     []int     // where each was acknowledged, in steps
}

// cutsPerTape is how many power cuts are made from one recording.
const cutsPerTape = 50

// TestPowerCuts cuts the power at random moments of random programs, and looks at
// the files as they may be then: they open, nothing that was acknowledged is
// missing, and no commit is there by half.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	cuts := *cutsFlag
	if testing.Short() {
		cuts = min(cuts, cutsPerTape)
	}
	for n := range (cuts + cutsPerTape - 1) / cutsPerTape {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			tape := record(t, n)
			for i := range min(cutsPerTape, cuts-n*cutsPerTape) {
				require.NoError(t, tape.cut(n, i, ""))
			}
		})
	}
}

// TestPowerCutsAreNoticed takes from commits what makes them durable: what the
// cuts then lose must be found.
func TestPowerCutsAreNoticed(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Option{"off": syncing("OFF"), "normal": syncing("NORMAL"), "a disk that lies": liar{}} {
		t.Run(name, func(t *testing.T) {
			tape := record(t, 0, o)
			for i := range cutsPerTape {
				if err := tape.cut(0, i, t.TempDir()); err != nil {
					t.Logf("after %d: %v", i+1, err)
					return
				}
			}
			t.Fatalf("%d power cuts found nothing", cutsPerTape)
		})
	}
}

// liar is an Option that has syncs do nothing.
type liar struct{}

func (liar) set(*settings) {}

// record runs the nth drill: two processes, one after the other, of which the
// first may have died. Every other drill waits for each checkpoint, so that it
// knows when the mark was synced.
func record(t *testing.T, n int, options ...Option) *tape {
	rng, disk := chance(-n), newDisk(t)
	path := filepath.Join(t.TempDir(), "test.db")
	rec, err := disk.Record(path)
	require.NoError(t, err)
	t.Cleanup(disk.StopRecording)
	for _, o := range options {
		if o == (liar{}) {
			disk.Fail(faultvfs.Fault{Op: faultvfs.Sync, Sticky: true})
		}
	}
	every := []ripening{20, 60, 1000}[rng.IntN(3)]
	tape := &tape{Recording: rec, disk: disk, pictures: []picture{{}}, ends: []int{0}}
	d := newDrill(rng, path, append(options, VFS(disk.Name()), every)...)
	written := 0
	d.acknowledged = func(p picture) {
		lock := lockFile(d.db)
		mark, err := os.ReadFile(lock)
		require.NoError(t, err)
		rec.Write(lock, 0, mark)
		if n%2 == 0 {
			d.db.ckpt.running.Wait()
			if d.db.ckpt.written != written {
				written = d.db.ckpt.written
				rec.Sync(lock)
			}
		}
		tape.pictures = append(tape.pictures, p)
		tape.ends = append(tape.ends, rec.Note(len(tape.pictures)-1))
	}
	for i := range 2 {
		require.NoError(t, d.open())
		for range 30 + rng.IntN(60) {
			require.NoError(t, d.step())
		}
		if i == 0 && rng.IntN(2) == 0 {
			kill(d.db)
			d.db = nil
		}
		require.NoError(t, d.close())
		written = 0
	}
	return tape
}

// cut is the ith cut of the nth tape. If it finds something, the error says how
// to make it again, and the image is kept in a folder of its own.
func (tape *tape) cut(n, i int, in string) error {
	rng := chance(n*cutsPerTape + i + 1)
	model := faultvfs.Models[rng.IntN(len(faultvfs.Models))]
	at := rng.IntN(tape.Len() + 1)
	switch rng.IntN(10) {
	case 0, 1, 2, 3: // just after a commit, when it matters most
		at = tape.ends[rng.IntN(len(tape.ends))]
	case 4: // while the file is made
		at = rng.IntN(tape.ends[1] + 1)
	}
	dir, err := os.MkdirTemp(in, "durable-cut-")
	if err != nil {
		return err
	}
	if err := tape.cutAt(at, model, rng, dir); err != nil {
		return fmt.Errorf("cut %d of tape %d, seed %d: at step %d of %d, %+v; the files are in %s: %w",
			i, n, *seedFlag, at, tape.Len(), model, dir, err)
	}
	return os.RemoveAll(dir)
}

func (tape *tape) cutAt(at int, model faultvfs.Model, rng *rand.Rand, dir string) error {
	path, err := tape.Cut(at, model, rng, dir)
	if err != nil {
		return err
	}
	allowed := tape.pictures[:1]
	if notes := tape.Noted(at); len(notes) > 0 {
		allowed = tape.pictures[notes[len(notes)-1].(int):]
	}
	if rng.IntN(10) == 0 {
		if path, err = tape.cutAgain(path, model, rng); err != nil {
			return err
		}
	}
	return whole(path, allowed[:min(2, len(allowed))]...)
}

// cutAgain cuts the power once more, while the file is opened after the first
// time.
func (tape *tape) cutAgain(path string, model faultvfs.Model, rng *rand.Rand) (string, error) {
	tape.disk.Mend()
	opening, err := tape.disk.Record(path)
	if err != nil {
		return "", err
	}
	first := opening.Len()
	db, err := Open(path, VFS(tape.disk.Name()))
	if err != nil {
		return "", err
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	again := filepath.Join(filepath.Dir(path), "again")
	if err := os.Mkdir(again, 0o700); err != nil { // there may be no file left to make it for
		return "", err
	}
	return opening.Cut(first+rng.IntN(opening.Len()-first+1), model, rng, again)
}

// whole opens a file that some accident has left behind, and returns nil if
// nothing is wrong with it: it shows one of these pictures, and can be written.
func whole(path string, pictures ...picture) error {
	db, err := Open(path, syncing("OFF"))
	if err != nil {
		return err
	}
	err = sound(db, pictures...)
	c := &journal.Create{ULID: newULID(), Workflow: "w", At: dawn, Input: []byte("1")}
	return errors.Join(err, db.Commit(c), c.Err, db.Close())
}
