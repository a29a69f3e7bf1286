package sqlite

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// An image is the files of a journal that nobody has open, and what they say.
type image struct {
	files map[string][]byte // by name within the folder
	says  content
}

// newImage works, dies, works again. The closed one was left in order; the other
// one died, too, and has a log.
func newImage(t testing.TB, closed bool) *image {
	dir := t.TempDir()
	d := newDrill(chance(0), filepath.Join(dir, "test.db"), syncing("OFF"))
	require.NoError(t, d.open())
	for range 60 {
		require.NoError(t, d.step())
	}
	kill(d.db)
	require.NoError(t, d.open())
	stuck, gone := d.runs[0], d.runs[1]
	d.runs = d.runs[2:]
	commit(t, d.db, &journal.Stick{Run: stuck.key, Fence: stuck.fence, Problem: journal.Problem{Kind: "divergence", Message: "other code"}},
		&journal.Terminate{Run: gone.key, At: dawn.Add(1e15), By: "me", Reason: "enough"})
	for range 40 {
		require.NoError(t, d.step())
	}
	says, err := contentOf(d.db)
	require.NoError(t, err)
	if closed {
		require.NoError(t, d.close())
		d.db = reopen(t, d.path)
		says, err = contentOf(d.db)
		require.NoError(t, err)
		require.NoError(t, d.db.Close())
	}
	files := map[string][]byte{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasSuffix(name, "-shm") {
			files[name], err = os.ReadFile(filepath.Join(dir, name))
		}
		return err
	}))
	_ = d.close()
	return &image{files, says}
}

// write puts the files into dir, and returns where the database is.
func (i *image) write(t *testing.T, dir string) string {
	for name, b := range i.files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		write(t, filepath.Join(dir, name), b)
	}
	return filepath.Join(dir, "test.db")
}

// A content is every cell of every table, and what the journal's own queries
// return. A name such as "events.data 2 1" is column, run and number.
type content map[string]string

// keyColumns are how many columns make a table's primary key. They come first.
var keyColumns = map[string]int{
	"meta": 1, "processes": 1, "runs": 1, "events": 2, "inbox": 1, "keys": 2, "timers": 3, "progress": 2, "crashes": 2,
	"schemas": 1, "orders": 1, "sqlite_sequence": 1,
}

func contentOf(db *DB) (content, error) {
	c := content{}
	err := db.read(bg, "everything", func(r *reader) error {
		for table, keys := range keyColumns {
			var columns []string
			err := r.query(bg, "SELECT name FROM pragma_table_info(?) ORDER BY cid", func(r row) error {
				columns = append(columns, strings.ToLower(r.text(0))) // a flipped bit of the layout may be one of case
				return nil
			}, table)
			if err != nil {
				return err
			}
			var cells []string
			for _, name := range columns {
				cells = append(cells, fmt.Sprintf("typeof(%[1]q) || ' ' || quote(%[1]q)", name))
			}
			err = r.query(bg, "SELECT "+strings.Join(cells, ", ")+" FROM "+table, func(r row) error {
				var key []string
				for i := range keys {
					key = append(key, r.text(i))
				}
				for i, name := range columns {
					c[fmt.Sprint(table, ".", name, " ", key)] = r.text(i)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	runs, err := db.Runs(bg, journal.Filter{})
	for _, run := range runs {
		run.Owner, run.Live, run.Self = 0, false, false // who is alive is no content
		c[fmt.Sprint("run ", run.Key)] = fmt.Sprintf("%+v", run)
		history, err := db.History(bg, run.Key, 0, 0)
		if err != nil {
			return nil, err
		}
		inbox, err := db.Inbox(bg, run.Key, 0)
		if err != nil {
			return nil, err
		}
		if cell := fmt.Sprintf("runs.ulid [integer %d]", run.Key); len(history) == 0 {
			c[fmt.Sprintf("runs.ulid(queued) [%d]", run.Key)] = c[cell] // no chain of checksums has begun with it
			delete(c, cell)
		}
		c[fmt.Sprint("history ", run.Key)] = fmt.Sprintf("%+v", history)
		c[fmt.Sprint("inbox ", run.Key)] = fmt.Sprintf("%+v", inbox)
	}
	return c, err
}

// differs lists the columns in which two contents differ, and the tables whose
// rows do.
func (c content) differs(other content) []string {
	found := map[string]bool{}
	for _, a := range []struct{ x, y content }{{c, other}, {other, c}} {
		for cell, v := range a.x {
			w, there := a.y[cell]
			if there && v == w {
				continue
			}
			name, _, _ := strings.Cut(cell, " ")
			if !there {
				name, _, _ = strings.Cut(name, ".")
				name += " rows"
			}
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
