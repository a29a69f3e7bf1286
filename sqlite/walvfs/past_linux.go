package walvfs

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// coherent are the file systems of which it is known that what is written past the
// cache is what others then read through it. From statfs(2).
var coherent = map[uint32]bool{
	0xef53:     true, // ext4, and ext2 and ext3, which are its code
	0x58465342: true, // xfs
}

// write writes blocks to the log, and to the disk, and reports whether that is done. It
// does not make the file longer: ext4 before Linux 6.7 returned from such a write
// before the new length was on the disk. If the write fails there is none any more; the
// caller writes the same blocks in another way, and learns the error from that.
//
// The length is asked of lseek. After a stat the system keeps the time of the next write
// exactly, which takes longer than all the rest here is worth.
func (p *past) write(log uintptr, blocks []byte, offset int64) bool {
	if p.fd == 0 {
		p.open(native.At[lib.TunixFile](log).Fh)
	}
	if p.fd < 0 {
		return false
	}
	if size, err := syscall.Seek(int(p.fd), 0, io.SeekEnd); err != nil || offset+int64(len(blocks)) > size {
		return false
	}
	for {
		n, err := syscall.Pwrite(int(p.fd), blocks, offset)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n != len(blocks) {
			p.close()
			return false
		}
		return true
	}
}

// open opens the file that SQLite has open as fd once more. Another one may have its
// name by now.
func (p *past) open(fd int32) {
	p.fd = -1
	var system syscall.Statfs_t
	if syscall.Fstatfs(int(fd), &system) != nil || !coherent[uint32(system.Type)] {
		return
	}
	const flags = syscall.O_WRONLY | syscall.O_DIRECT | syscall.O_DSYNC | syscall.O_CLOEXEC
	if again, err := syscall.Open(fmt.Sprintf("/proc/self/fd/%d", fd), flags, 0); err == nil {
		p.fd = int32(again)
	}
}

// close closes what open opened, for good.
func (p *past) close() {
	if p.fd > 0 {
		_ = syscall.Close(int(p.fd)) // nothing is left to be written
	}
	p.fd = -1
}
