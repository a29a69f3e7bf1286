package walvfs

import (
	"syscall"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A log that grows with each commit changes its length with each, which the file
// system has to record beside the commit: nearly twice the time. So it is made longer
// than it is needed, with zeros, which are no frame, by as much as there is of it.
const (
	leastAhead = 32 << 10
	mostAhead  = 512 << 10
)

// zeros are written at once; see roomSize.
var zeros [64 << 10]byte

// lengthen makes the log longer if the block that was written last is its last one.
// Without room for that the commits go on as slowly as they would have been until the
// log begins again: the last bytes of a disk are for others.
func (f *file) lengthen(tls *libc.TLS, log uintptr, end int64) (rc int32) {
	end = (end + block - 1) &^ (block - 1)
	if end < f.length || f.cramped {
		return lib.SQLITE_OK
	}
	// f is in SQLite's memory: a variable here could be moved with the stack.
	if native.Function[outFunc](under(log).FxFileSize)(tls, log, uintptr(unsafe.Pointer(&f.length))) != lib.SQLITE_OK {
		f.length = 0
		return lib.SQLITE_OK
	}
	if end < f.length {
		return lib.SQLITE_OK
	}
	for goal := end + min(max(end, leastAhead), mostAhead); rc == lib.SQLITE_OK && f.length < goal; {
		n := min(int64(len(zeros)), goal-f.length)
		if rc = write(tls, log, uintptr(unsafe.Pointer(&zeros)), int32(n), f.length); rc == lib.SQLITE_OK {
			f.length += n
		}
	}
	if rc != lib.SQLITE_OK && f.noRoom(tls, log, rc) {
		f.cramped, rc = true, lib.SQLITE_OK
	}
	return rc
}

// noRoom reports whether a write failed for want of room, or of leave to take it. The
// latter two are to SQLite errors of the disk.
func (f *file) noRoom(tls *libc.TLS, log uintptr, rc int32) bool {
	if rc == lib.SQLITE_FULL {
		return true
	}
	f.errno = 0
	_ = native.Function[controlFunc](under(log).FxFileControl)(tls, log, lib.SQLITE_FCNTL_LAST_ERRNO, uintptr(unsafe.Pointer(&f.errno)))
	errno := syscall.Errno(f.errno)
	return errno == syscall.EDQUOT || errno == syscall.EFBIG
}
