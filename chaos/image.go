package chaos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// copy copies the journal, its log and what lies beside it for the processes
// that share it. No process may live.
func (t *trial) copy(name string) string { return t.copyOf(t.Journal(), name) }

func (t *trial) copyOf(path, name string) string {
	to := filepath.Join(t.folder(name), filepath.Base(path))
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(to+end, b, 0o600)
		}
		if end == "" || !errors.Is(err, fs.ErrNotExist) {
			t.must(err)
		}
	}
	if _, err := os.Stat(path + "-peers"); err == nil {
		t.must(os.CopyFS(to+"-peers", onlyFiles{os.DirFS(path + "-peers")}))
		t.must(os.Chmod(to+"-peers", 0o700))
	}
	return to
}

// at is a trial on a copy.
func (t *trial) at(path string) *trial {
	l := &Lab{Dir: filepath.Dir(path), Program: t.opts.Program}
	t.must(os.MkdirAll(l.tokens(), 0o700))
	return &trial{Lab: l, record: t.record, ctx: t.ctx}
}

// An image is what is found in a file by somebody who opens it.
type image struct {
	events map[string][]journal.Event // by ULID
	lost   []sqlite.Loss
	broken []string // promises, and why it could not be read
}

// open reads a file that must be in order, but for losses that it reports.
func (t *trial) open(path, when string) *image {
	img := t.examine(path)
	for _, what := range img.broken {
		t.problem("%s: %s", when, what)
	}
	return img
}

// examine reads a file that may be damaged.
func (t *trial) examine(path string) *image {
	img := &image{events: map[string][]journal.Event{}}
	if err := img.read(t, path); err != nil {
		img.broken = append(img.broken, err.Error())
	}
	return img
}

func (img *image) read(t *trial, path string) (err error) {
	db, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	img.lost = db.Lost()
	for v, err := range journal.Check(t.ctx, db) {
		if err != nil {
			return err
		}
		img.broken = append(img.broken, v.Error())
	}
	runs, err := db.Runs(t.ctx, journal.Filter{})
	if err != nil {
		return err
	}
	for _, run := range runs {
		if img.events[run.ULID], err = db.History(t.ctx, run.Key, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether the turn is there.
func (img *image) holds(m *journal.Moment) bool {
	h := img.events[m.Run]
	return m.Seq <= int64(len(h)) && h[m.Seq-1].Op == m.Op && h[m.Seq-1].Kind == m.Kind
}

func (img *image) reported() bool { return len(img.broken) > 0 || len(img.lost) > 0 }

// same reports whether both hold the same events.
func (img *image) same(other *image) bool { return fmt.Sprint(img.events) == fmt.Sprint(other.events) }

// logSize is how many bytes at the beginning of a log belong to its present
// generation, whose salt they have. The format is SQLite's.
func logSize(name string) (int64, error) {
	b, err := os.ReadFile(name)
	if err != nil || len(b) < logHeader {
		return int64(len(b)), err
	}
	frame := frameHeader + int(binary.BigEndian.Uint32(b[8:]))
	salt := string(b[16:24])
	size := logHeader
	for size+frame <= len(b) && string(b[size+8:size+16]) == salt {
		size += frame
	}
	return int64(size), nil
}

const logHeader, frameHeader = 32, 24

// onlyFiles hides sockets, which cannot be copied.
type onlyFiles struct{ fs.FS }

func (o onlyFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(o.FS, name)
	var files []fs.DirEntry
	for _, e := range all {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".lock") {
			files = append(files, e)
		}
	}
	return files, err
}
