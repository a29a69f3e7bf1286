//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package peer

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// tryLock takes the kernel lock on f without waiting and reports whether it got
// it. The lock belongs to the open file: it conflicts with every other opening
// of the same file, also one in this process.
func tryLock(f *os.File) (bool, error) { return try(f, syscall.LOCK_EX) }

// tryShared is tryLock for one that only wants to know: several may hold it.
func tryShared(f *os.File) (bool, error) { return try(f, syscall.LOCK_SH) }

func try(f *os.File, how int) (bool, error) {
	err := flock(f, how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// lock waits for the kernel lock on f. Nothing interrupts it.
func lock(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// isLookedAt has no case here: files that are open can be removed.
func isLookedAt(error) bool { return false }

// unlock gives the lock back. Closing f would do so only once no child process
// between fork and exec holds a copy of it any more.
func unlock(f *os.File) error { return flock(f, syscall.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
		return nil
	}
}

// owner returns the user a file belongs to.
func owner(fi fs.FileInfo) (uid int, known bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// syncFolder makes the names in a folder survive a power cut.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
