package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// accidents are what people and scripts do to a file while it is open.
var accidents = []struct {
	name string
	do   func(path string) error
	says string
}{
	{"removed", os.Remove, "removed"},
	{"moved away", func(path string) error { return os.Rename(path, path+".old") }, "removed"},
	{"its log removed", func(path string) error { return os.Remove(path + "-wal") }, "removed"},
	{"replaced", func(path string) error {
		if err := os.WriteFile(path+".new", []byte("x"), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}, "was replaced"},
	{"its log replaced", func(path string) error {
		if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path+"-wal")
	}, "-wal was replaced"},
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("open files stay where they are here")
	}
	for _, c := range accidents {
		t.Run(c.name, func(t *testing.T) {
			db := reopen(t, filepath.Join(t.TempDir(), "test.db"))
			require.NoError(t, db.Join(t.Context(), silent{}))
			s := begin(t, db, activity(1))
			require.NoError(t, c.do(db.path))
			db.identity.looked = time.Time{} // as after an idle time
			err := db.Commit(s.next(completed(1)))
			require.ErrorIs(t, err, journal.ErrBroken)
			require.ErrorContains(t, err, c.says)
			require.ErrorIs(t, db.Commit(signal(s.key, "")), journal.ErrBroken)
			problems, err := db.Integrity(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, problems)
		})
	}
}

// TestReplacedAtWork does it at a random moment of a drill, which goes on until
// the handle notices by itself. Then nothing is acknowledged any more, also if
// the file is put back.
func TestReplacedAtWork(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("open files stay where they are here")
	}
	for i, c := range accidents {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := chance(i)
			d := newDrill(rng, filepath.Join(t.TempDir(), "test.db"))
			d.steps = false // after one the drill reads, and a file that was replaced cannot be read
			require.NoError(t, d.open())
			for range rng.IntN(50) {
				require.NoError(t, d.step())
			}
			require.NoError(t, c.do(d.path))
			var err error
			for err == nil {
				err = d.step()
			}
			require.ErrorIs(t, err, journal.ErrBroken) // by the look at the names, or by what SQLite makes of them
			for range 3 {
				require.ErrorIs(t, d.step(), journal.ErrBroken)
			}
			_ = d.close()
		})
	}
}

// TestModeChanged takes the right to write from the file and its log. Who has
// them open goes on; others are refused.
func TestModeChanged(t *testing.T) {
	t.Parallel()
	d := newDrill(chance(0), filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, d.open())
	require.NoError(t, d.step())
	for _, name := range []string{d.path, d.path + "-wal"} {
		require.NoError(t, os.Chmod(name, 0o400))
	}
	for range 20 {
		require.NoError(t, d.step())
	}
	require.NoError(t, d.close())
	_, err := Open(d.path)
	require.ErrorIs(t, err, journal.ErrReadOnly)
	require.NoError(t, os.Chmod(d.path, 0o600))
	require.NoError(t, whole(d.path, d.held))
}
