package faultvfs

// An inode is what is on the disk of one file for certain, and what may be.
type inode struct {
	synced  []byte
	pending []pending
}

// A pending is a write or a truncation that was not synced.
type pending struct {
	at int // the step's number
	*step
}

// keepLast has the last write before a step be on the disk, over what came before it,
// and nothing else.
func (f *inode) keepLast(before int) {
	n := len(f.pending) - 1
	for n >= 0 && (f.pending[n].op != Write || f.pending[n].at >= before) {
		n--
	}
	if n < 0 {
		return
	}
	last := f.pending[n]
	f.synced = last.on(f.synced)[:len(f.synced)] // but the file is as long as it was
	var rest []pending
	for _, p := range f.pending[:n] {
		rest = append(rest, p.without(last)...)
	}
	f.pending = append(rest, f.pending[n+1:]...)
}

// on returns the content with the step applied.
func (p pending) on(content []byte) []byte {
	if p.op == Truncate {
		return resize(content, p.offset)
	}
	end := p.offset + int64(len(p.data))
	if int64(len(content)) < end {
		content = resize(content, end)
	}
	copy(content[p.offset:], p.data)
	return content
}

// without is what is left of a write that another one has overwritten.
func (p pending) without(q pending) (left []pending) {
	if p.op != Write {
		return []pending{p}
	}
	end := q.offset + int64(len(q.data))
	if p.offset < q.offset {
		left = append(left, p.within(p.offset, q.offset))
	}
	if p.offset+int64(len(p.data)) > end {
		left = append(left, p.within(end, p.offset+int64(len(p.data))))
	}
	return left
}

// within is the part of a write between two offsets.
func (p pending) within(from, to int64) pending {
	from, to = max(from, p.offset), min(to, p.offset+int64(len(p.data)))
	return pending{p.at, &step{op: Write, offset: from, data: p.data[from-p.offset : to-p.offset]}}
}

// blocks are those that a write touches.
func (p pending) blocks(size int64) func(yield func(int64) bool) {
	return func(yield func(int64) bool) {
		if p.op != Write || len(p.data) == 0 {
			return
		}
		for b := p.offset / size; b <= (p.offset+int64(len(p.data))-1)/size; b++ {
			if !yield(b) {
				return
			}
		}
	}
}

func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}
