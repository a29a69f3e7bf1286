package peer

import (
	"os"
	"syscall"
)

// mapFile makes the first size bytes of f memory of this process. What is stored
// there is the file's, also if the process dies, and Sync of f syncs it; nil if the
// system cannot. It is never more than the file has.
func mapFile(f *os.File, size int) []byte {
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return b
}

func unmap(b []byte) {
	if b != nil {
		_ = syscall.Munmap(b) // only of what was never mapped can it fail
	}
}
