package walvfs

import (
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A past is how a log is written past the system's cache: a small commit that
// follows on one of the same connection goes to the disk in one system call, which
// is as good as a write and a sync, and shorter.
type past struct {
	fd   int32  // 0: not asked for yet; -1: not to be had
	calm int32  // for how many commits no log was read, nor has this connection let go of its place in its own
	seen uint32 // how many reads there had been at the last commit
}

const (
	// mostPast is what a commit has at most that goes past the cache. Of a larger
	// one the sync is the smaller part, and whoever moves the log into the database
	// would have to read it all from the disk.
	mostPast = 40 << 10
	// enoughCalm is after how many calm commits they go past the cache.
	enoughCalm = 8
)

// reads counts the reads of logs. What went past the cache a reader has to fetch
// from the disk, so where there are readers nothing does.
var reads atomic.Uint32

// committing is called when a commit is complete and will be written.
func (p *past) committing() {
	if n := reads.Load(); n != p.seen {
		p.seen, p.calm = n, 0
	} else if p.calm <= enoughCalm {
		p.calm++
	}
}

// suits reports whether a commit of size bytes is to go past the cache.
func (p *past) suits(size int32) bool { return p.calm > enoughCalm && size <= mostPast }

// writeBlocks writes the n bytes that wait, which continue the tail, as whole blocks:
// what comes before them in the first one is known, and what comes after them in the
// last is nothing that counts. A page of the system's cache that is replaced need not
// be read before.
func (f *file) writeBlocks(tls *libc.TLS, log uintptr, n int32) (rc int32) {
	used, offset := into(f.first)+n, f.first-int64(into(f.first))
	size := (used + block - 1) &^ (block - 1)
	clear(f.bytes(used, size-used))
	switch {
	case !f.last || !f.tail.onDisk || offset+int64(size) > f.length:
	case !tableOf(log).unix:
		rc = writeAndSync(tls, log, f.room, size, offset)
		f.tail.paid = rc == lib.SQLITE_OK
		return rc
	case f.past.suits(size) && f.past.write(log, f.bytes(0, size), offset):
		f.tail.paid = true
		return lib.SQLITE_OK
	}
	return write(tls, log, f.room, size, offset)
}

// writeAndSync is what stands for a write past the cache over other layers than
// SQLite's own for Unix: so a disk of tests sees the same bytes, and may lose what
// such a write does not save.
func writeAndSync(tls *libc.TLS, log, from uintptr, n int32, offset int64) int32 {
	if rc := write(tls, log, from, n, offset); rc != lib.SQLITE_OK {
		return rc
	}
	return native.Function[flagFunc](under(log).FxSync)(tls, log, lib.SQLITE_SYNC_NORMAL|native.SyncLast)
}
