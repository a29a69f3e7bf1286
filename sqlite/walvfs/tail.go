package walvfs

import lib "modernc.org/sqlite/lib"

// block is what is written past the system's cache begins and ends with: the
// largest block of a disk, and a page of that cache.
const block = 4096

// into is how far into its block an offset is.
func into(offset int64) int32 { return int32(offset % block) }

// A tail is where the log ends, as this connection left it. The room begins with the
// bytes of the block there that come before the end.
type tail struct {
	end    int64  // 0: not known
	salts  uint64 // of the frame that ends there
	synced bool   // all before it is on the disk
	paid   bool   // the write itself went to the disk: the sync that follows is done
}

// continued reports whether what is written at offset, a frame with these salts,
// follows on the tail. If so nobody else has changed what comes before it: in a log
// that has not begun again a frame that was committed stays as it is, and had another
// been committed the next would not be here.
func (t *tail) continued(offset int64, salts uint64) bool {
	return t.end != 0 && t.end == offset && t.salts == salts
}

// keepTail is called when n bytes, which waited, were written.
func (f *file) keepTail(n int32) {
	end := f.first + int64(n)
	rest := into(end)
	from := end - int64(rest)
	if f.fails != lib.SQLITE_OK || from < f.first && !f.tail.continued(f.first, f.salts) {
		f.tail = tail{}
		return
	}
	copy(f.bytes(0, rest), f.bytes(into(f.first)+int32(from-f.first), rest))
	f.tail = tail{end: end, salts: f.salts, paid: f.tail.paid}
}

// due reports whether the sync that SQLite asks for has yet to be made.
func (t *tail) due() bool {
	if !t.paid {
		return true
	}
	t.paid, t.synced = false, true
	return false
}
