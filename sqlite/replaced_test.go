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

func TestReplaced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files stay where they are here")
	}
	cases := []struct {
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
	for _, c := range cases {
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
