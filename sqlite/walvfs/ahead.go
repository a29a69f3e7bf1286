package walvfs

import (
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

// lengthen makes the log longer if the block that was written last is its last one. If
// there is no room for that the next commit is as slow as it would have been.
func (f *file) lengthen(tls *libc.TLS, log uintptr, end int64) (rc int32) {
	end = (end + block - 1) &^ (block - 1)
	if end < f.length {
		return lib.SQLITE_OK
	}
	// f is in SQLite's memory: a variable here could be moved with the stack.
	rc = native.Function[outFunc](under(log).FxFileSize)(tls, log, uintptr(unsafe.Pointer(&f.length)))
	if rc != lib.SQLITE_OK || end < f.length {
		return rc
	}
	for goal := end + min(max(end, leastAhead), mostAhead); rc == lib.SQLITE_OK && f.length < goal; {
		n := min(int64(len(zeros)), goal-f.length)
		if rc = write(tls, log, uintptr(unsafe.Pointer(&zeros)), int32(n), f.length); rc == lib.SQLITE_OK {
			f.length += n
		}
	}
	if rc == lib.SQLITE_FULL {
		return lib.SQLITE_OK
	}
	return rc
}
