package walvfs

import (
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A past is how a log is written past the system's cache: a small commit that
// follows on one of the same connection goes to the disk in one system call, which
// is as good as a write and a sync, and shorter.
type past struct {
	fd    int32  // 0: not asked for yet; -1: not to be had
	calm  int32  // for how many commits nobody has read the log, nor this connection let go of its end
	reads uint32 // how many reads there had been at the last commit
}

const (
	// mostPast is what a commit has at most that goes past the cache. Of a larger
	// one the sync is the smaller part, and whoever moves the log into the database
	// would have to read it all from the disk.
	mostPast = 40 << 10
	// enoughCalm is after how many commits without a reader they go past the cache.
	enoughCalm = 8
)

// reads counts the reads of logs. What went past the cache a reader has to fetch
// from the disk, so where there are readers nothing does.
var reads atomic.Uint32

// noticed is called at the end of a commit.
func (p *past) noticed() {
	if n := reads.Load(); n != p.reads {
		p.reads, p.calm = n, 0
	} else if p.calm <= enoughCalm {
		p.calm++
	}
}

// suits reports whether a commit of size bytes is to go past the cache.
func (p *past) suits(log uintptr, size int32) bool {
	return p.calm > enoughCalm && size <= mostPast || !tableOf(log).plain
}

// write writes blocks to the log at p, and to the disk. It is not done if the system
// does not offer it. A layer that is not the default one is asked for a write and a
// sync, so that the tests that come with it see the same bytes.
func (p *past) write(tls *libc.TLS, log uintptr, blocks []byte, offset int64) (rc int32, done bool) {
	if tableOf(log).plain {
		return p.toDisk(log, blocks, offset)
	}
	from := uintptr(unsafe.Pointer(&blocks[0]))
	rc = native.Function[moveFunc](under(log).FxWrite)(tls, log, from, int32(len(blocks)), offset)
	if rc == lib.SQLITE_OK {
		rc = native.Function[flagFunc](under(log).FxSync)(tls, log, lib.SQLITE_SYNC_NORMAL|native.SyncLast)
	}
	return rc, true
}
