package faultvfs

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// A Model says what a power cut leaves of what was not synced.
type Model struct {
	// Keep is the chance that a block survives, 0 to 1. With 1 all does: that is
	// kill -9.
	Keep float64

	// Block is the size, in bytes, of what survives or is lost as one; 512 if not
	// given. A write that spans several may be torn.
	Block int64

	// Strict has a file be created or deleted for certain only when the folder was
	// synced, and each such change survive or not on its own. Otherwise any later
	// sync makes all earlier ones durable, as file systems with a journal do, and
	// they survive in their order.
	Strict bool
}

// Models are those a test should cover.
var Models = []Model{
	{Keep: 0}, {Keep: .5}, {Keep: .5, Block: 4096}, {Keep: .9}, {Keep: .9, Block: 4096}, {Keep: 1},
	{Keep: 0, Strict: true}, {Keep: .5, Strict: true}, {Keep: .9, Strict: true},
}

// Cut writes the recorded files into dir as a power cut after the first steps
// may have left them, and returns where the database then is. All chance comes
// from rng.
func (r *Recording) Cut(steps int, m Model, rng *rand.Rand, dir string) (path string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.Block == 0 {
		m.Block = 512
	}
	d := &disk{model: m, rng: rng, names: map[string]int{}, inodes: make([]inode, len(r.inodes))}
	for i := range r.steps[:steps] {
		d.apply(i, &r.steps[i], r)
	}
	for _, c := range d.changes {
		if d.survives() {
			d.rename(c)
		} else if !m.Strict {
			break
		}
	}
	for i := range d.inodes {
		name := r.base(i)
		if n, ok := d.names[name]; !ok || n != i {
			continue
		}
		to := filepath.Join(dir, name)
		if err = os.MkdirAll(filepath.Dir(to), 0o700); err == nil {
			err = os.WriteFile(to, d.content(i), 0o600)
		}
		if err != nil {
			return "", fmt.Errorf("cut %s after step %d: %w", r.path, steps, err)
		}
	}
	return filepath.Join(dir, filepath.Base(r.path)), nil
}

// A disk is what is on it for certain, and what may be.
type disk struct {
	model   Model
	rng     *rand.Rand
	names   map[string]int
	changes []change // of names, not durable
	inodes  []inode
}

type change struct {
	name  string
	inode int // noInode: it is deleted
	at    int
}

func (d *disk) survives() bool { return d.rng.Float64() < d.model.Keep }

func (d *disk) rename(c change) {
	if c.inode == noInode {
		delete(d.names, c.name)
	} else {
		d.names[c.name] = c.inode
	}
}

// apply does the step with number at.
func (d *disk) apply(at int, s *step, r *Recording) {
	switch s.op {
	case Open:
		c := change{r.base(s.inode), s.inode, at}
		if s.folder {
			d.rename(c)
		} else {
			d.changes = append(d.changes, c)
		}
	case Delete:
		d.changes = append(d.changes, change{r.base(s.inode), noInode, at})
		if s.folder {
			d.settle(at + 1)
		}
	case Write, Truncate:
		f := &d.inodes[s.inode]
		f.pending = append(f.pending, pending{at, s})
	case Sync:
		if s.only {
			d.inodes[s.inode].keepLast(s.from)
			return
		}
		f, n := &d.inodes[s.inode], 0
		for n < len(f.pending) && f.pending[n].at < s.from {
			f.synced = f.pending[n].on(f.synced)
			n++
		}
		f.pending = f.pending[n:]
		if s.folder || !d.model.Strict {
			d.settle(s.from)
		}
	}
}

// settle makes the changes before a step durable.
func (d *disk) settle(before int) {
	n := 0
	for n < len(d.changes) && d.changes[n].at < before {
		d.rename(d.changes[n])
		n++
	}
	d.changes = d.changes[n:]
}

// content is what is left of a file. A block on a disk is as some write left it,
// and all the earlier ones: so for each block it is decided which is the last
// that reached the disk.
func (d *disk) content(i int) []byte {
	f := &d.inodes[i]
	left := map[int64]int{} // of each block: its writes; then, below 0, those of them that survive
	for _, p := range f.pending {
		for b := range p.blocks(d.model.Block) {
			left[b]++
		}
	}
	for _, p := range f.pending { // not range left: the order must be the same each time
		for b := range p.blocks(d.model.Block) {
			if n := left[b]; n > 0 {
				left[b] = -d.draw(n)
			}
		}
	}
	content, full := f.synced, int64(len(f.synced))
	for _, p := range f.pending {
		if p.op == Truncate {
			if d.survives() {
				content, full = p.on(content), p.offset
			}
			continue
		}
		full = max(full, p.offset+int64(len(p.data)))
		for b := range p.blocks(d.model.Block) {
			if left[b]++; left[b] <= 0 {
				content = p.within(b*d.model.Block, (b+1)*d.model.Block).on(content)
			}
		}
	}
	if d.survives() && d.rng.IntN(2) == 0 && full > int64(len(content)) {
		content = resize(content, full) // the length reached the disk, the bytes did not
	}
	return content
}

// draw says how many of n writes to one block survive.
func (d *disk) draw(n int) int {
	for n > 0 && !d.survives() {
		n--
	}
	return n
}
