package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// nextLayout is a migration that does what migrations do.
const nextLayout = `
ALTER TABLE runs ADD COLUMN more TEXT;
CREATE TABLE extra (run INTEGER PRIMARY KEY, events INTEGER NOT NULL) STRICT;
INSERT INTO extra SELECT run, count(*) FROM events GROUP BY run;
UPDATE runs SET more = 'more' WHERE status = 'open';
CREATE INDEX runs_more ON runs (more);
DROP VIEW overview;
`

// worked is a file of the present layout, with some history.
func worked(t *testing.T) (path string, shows picture) {
	path = filepath.Join(t.TempDir(), "test.db")
	d := newDrill(chance(2), path)
	require.NoError(t, d.open())
	for range 40 {
		require.NoError(t, d.step())
	}
	require.NoError(t, d.close())
	return path, d.held
}

// TestMigrationCut ends a migration at each of its calls to the disk, by kill -9
// and by a power cut. The next program finds the old layout or the new one; a
// program of the old layout works with that, or refuses the file.
func TestMigrationCut(t *testing.T) {
	path, shows := worked(t)
	lengthen(t, nextLayout)
	disk := newDisk(t)
	rec, err := disk.Record(path)
	require.NoError(t, err)
	first := rec.Len()
	db, err := Open(path, VFS(disk.Name()))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	refused, stride := 0, slow
	if testing.Short() {
		stride *= 4
	}
	for at := first; at <= rec.Len(); at += stride {
		image := func(model faultvfs.Model) string {
			path, err := rec.Cut(at, model, chance(at), t.TempDir())
			require.NoError(t, err)
			return path
		}
		killed, model := faultvfs.Model{Keep: 1}, faultvfs.Models[at%len(faultvfs.Models)]
		require.NoError(t, whole(image(killed), shows), "killed at step %d of %d to %d", at, first, rec.Len())
		require.NoError(t, whole(image(model), shows), "power cut at step %d of %d to %d, %+v", at, first, rec.Len(), model)
		if err := ofOldLayout(func() error { return whole(image(killed), shows) }); err != nil {
			require.ErrorIs(t, err, journal.ErrNewer)
			require.ErrorContains(t, err, "its layout is number 2, this program knows up to 1")
			refused++
		}
	}
	t.Logf("%d steps; the old program refused the file after %d", rec.Len()-first, refused)
	require.NotZero(t, refused)
	require.Less(t, refused, rec.Len()-first, "the old layout was never found")
}

// ofOldLayout calls f as a program that does not know the newest layout.
func ofOldLayout(f func() error) error {
	all := migrations
	migrations = all[:len(all)-1]
	defer func() { migrations = all }()
	return f()
}
