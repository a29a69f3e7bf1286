package walvfs

import (
	"errors"
	"fmt"
	"syscall"

	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// coherent are the file systems of which it is known that what is written past the
// cache is what others then read through it. From statfs(2).
var coherent = map[uint32]bool{
	0xef53:     true, // ext4
	0x58465342: true, // xfs
}

// toDisk writes blocks to the log at p, and to the disk: O_DSYNC is as good as a
// sync of what was written, and of the file's size if that has changed. It is not
// done if the file cannot be written that way.
func (past *past) toDisk(p uintptr, blocks []byte, offset int64) (rc int32, done bool) {
	if past.fd == 0 {
		past.open(native.At[lib.TunixFile](p).Fh)
	}
	for past.fd > 0 && len(blocks) > 0 {
		n, err := syscall.Pwrite(int(past.fd), blocks, offset)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EINVAL) && !done:
			past.close()
			return 0, false
		case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
			return lib.SQLITE_FULL, true
		case err != nil, n <= 0, n%block != 0:
			return lib.SQLITE_IOERR_WRITE, true
		}
		blocks, offset, done = blocks[n:], offset+int64(n), true
	}
	return lib.SQLITE_OK, done
}

// open opens the file that SQLite has open as fd once more. Another one may have its
// name by now.
func (past *past) open(fd int32) {
	past.fd = -1
	var system syscall.Statfs_t
	if syscall.Fstatfs(int(fd), &system) != nil || !coherent[uint32(system.Type)] {
		return
	}
	const flags = syscall.O_WRONLY | syscall.O_DIRECT | syscall.O_DSYNC | syscall.O_CLOEXEC
	if again, err := syscall.Open(fmt.Sprintf("/proc/self/fd/%d", fd), flags, 0); err == nil {
		past.fd = int32(again)
	}
}

// close closes what open opened, for good.
func (past *past) close() {
	if past.fd > 0 {
		_ = syscall.Close(int(past.fd)) // nothing is left to be written
	}
	past.fd = -1
}
