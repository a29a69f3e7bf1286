package faultvfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A Recording is everything that was done to the files of one database, in the
// order in which it was completed, and what was noted between.
type Recording struct {
	path   string
	mu     sync.Mutex
	steps  []step
	names  map[string]int // inodes, as the folder shows them now
	inodes []string       // their names
	fresh  map[int]bool   // created, and never synced since
}

// A step is one thing that was done. In memory it shares nothing with others.
type step struct {
	op     Op // Open: it was created; "" is a note
	inode  int
	offset int64 // of a write; the size of a truncation
	data   []byte
	from   int  // of a sync: it covers the steps before that one
	only   bool // of them only the last write of its file
	folder bool // the names in the folder are durable, too; of a creation: this one is
	note   any
}

const noInode = -1

// Record starts a recording of the database at path, which nobody may have open,
// in place of an earlier one. What the files hold now counts as synced; it makes
// the first steps.
func (v *VFS) Record(path string) (*Recording, error) {
	r := &Recording{path: path, names: map[string]int{}, fresh: map[int]bool{}}
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		i := r.create(name, true)
		r.write(i, 0, b)
		r.sync(i, r.Len(), true)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rec = r
	return r, nil
}

// StopRecording ends the recording that runs. A VFS is there for good, and what it
// records with it.
func (v *VFS) StopRecording() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rec = nil
}

// Len is how many steps there are: the power can be cut before each of them, and
// after the last.
func (r *Recording) Len() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.steps)
}

// Note records something for the reader of the recording, such as what has been
// acknowledged, and returns how many steps there are then.
func (r *Recording) Note(what any) int {
	return r.add(step{note: what})
}

// Noted returns the notes among the first steps.
func (r *Recording) Noted(steps int) (all []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.steps[:steps] {
		if s.op == "" {
			all = append(all, s.note)
		}
	}
	return all
}

// Write records what somebody else has written to a file beside the database.
func (r *Recording) Write(name string, offset int64, data []byte) {
	r.write(r.known(name), offset, data)
}

// Sync records that somebody else has synced such a file, and its folder.
func (r *Recording) Sync(name string) { r.sync(r.known(name), r.Len(), true) }

func (r *Recording) add(s step) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, s)
	return len(r.steps)
}

// opened tells which inode of the recording that runs a file is.
func (v *VFS) opened(name string, created bool) (*Recording, int) {
	v.mu.Lock()
	r := v.rec
	v.mu.Unlock()
	switch {
	case r == nil || !strings.HasPrefix(name, r.path):
		return nil, noInode
	case created:
		return r, r.create(name, false)
	}
	return r, r.known(name)
}

// known is the inode of a name. Who creates a file beside SQLite's back syncs
// the folder.
func (r *Recording) known(name string) int {
	r.mu.Lock()
	i, ok := r.names[name]
	r.mu.Unlock()
	if !ok {
		i = r.create(name, true)
	}
	return i
}

func (r *Recording) create(name string, folder bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := len(r.inodes)
	r.inodes = append(r.inodes, name)
	r.names[name] = i
	r.fresh[i] = true
	r.steps = append(r.steps, step{op: Open, inode: i, folder: folder})
	return i
}

func (v *VFS) deleted(name string, folder bool) {
	v.mu.Lock()
	r := v.rec
	v.mu.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, ok := r.names[name]; ok {
		delete(r.names, name)
		r.steps = append(r.steps, step{op: Delete, inode: i, folder: folder})
	}
}

func (r *Recording) write(inode int, offset int64, data []byte) {
	if r != nil {
		r.add(step{op: Write, inode: inode, offset: offset, data: slices.Clone(data)})
	}
}

func (r *Recording) truncate(inode int, size int64) {
	if r != nil {
		r.add(step{op: Truncate, inode: inode, offset: size})
	}
}

// sync records that what was completed before step from is on disk; with folder,
// the first sync of a new file is one of its folder.
func (r *Recording) sync(inode, from int, folder bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, step{op: Sync, inode: inode, from: from, folder: folder && r.fresh[inode]})
	delete(r.fresh, inode)
}

// syncLast records that what was last written to a file is on disk.
func (r *Recording) syncLast(inode int) {
	if r != nil {
		r.add(step{op: Sync, inode: inode, from: r.Len(), only: true})
	}
}

// base is a file's name within the folder that a cut makes.
func (r *Recording) base(inode int) string {
	name, err := filepath.Rel(filepath.Dir(r.path), r.inodes[inode])
	if err != nil {
		return filepath.Base(r.inodes[inode])
	}
	return name
}
