package walvfs

import lib "modernc.org/sqlite/lib"

// block is what is written past the system's cache begins and ends with: the
// largest block of a disk, and a page of that cache.
const block = 4096

// into is how far into its block an offset is.
func into(offset int64) int32 { return int32(offset % block) }

// A tail is where the log ends, as this connection has left it. The room begins with
// the bytes of the block there that come before the end.
type tail struct {
	end       int64  // 0: not known
	salts     uint64 // of the frame that ends there
	committed bool   // by SQLite's word, when all was done
	onDisk    bool   // all that comes before it is
	paid      bool   // the write was one to the disk: the sync that follows is made
}

// continued reports whether what is written at offset, a frame with these salts,
// follows on the tail, and nobody else has changed what comes before it. In a log that
// has not begun again a frame that was committed stays as it is; and had another been
// committed since, the next one would not be here.
func (t *tail) continued(offset int64, salts uint64) bool {
	return t.committed && t.end == offset && t.salts == salts
}

// keepTail is called when the n bytes that waited were written, or were not.
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

// begin is called before a transaction. What was left by one that was not committed
// is no tail: others may have written there.
func (t *tail) begin() {
	if !t.committed {
		*t = tail{}
	}
}

// commit is called when a transaction was committed.
func (t *tail) commit() { t.committed = t.end != 0 }

// takePaid reports, once, whether the sync that SQLite asks for is made.
func (t *tail) takePaid() bool {
	if !t.paid {
		return false
	}
	t.paid, t.onDisk = false, true
	return true
}
