package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/seed139febb4/durable/journal"
)

// applicationID stands in the header of every file of ours: "drbl".
const applicationID = 0x6472626c

// opened counts this process's handles by path. While one is open nobody else
// here may open and close the file: where there are only POSIX locks, closing
// drops those of every handle.
var opened = struct {
	sync.Mutex
	handles map[string]int
}{handles: map[string]int{}}

// admit creates the file at path if there is none, and refuses one that is not
// ours before SQLite can touch it. After it the handle counts as open, until
// dismiss. If it must be new, one that is there is fs.ErrExist.
func admit(path string, fresh bool) error {
	opened.Lock()
	defer opened.Unlock()
	if opened.handles[path] == 0 || fresh {
		if err := createOrInspect(path, fresh); err != nil {
			return err
		}
	}
	opened.handles[path]++
	return nil
}

func dismiss(path string) {
	opened.Lock()
	defer opened.Unlock()
	if opened.handles[path]--; opened.handles[path] == 0 {
		delete(opened.handles, path)
	}
}

func createOrInspect(path string, fresh bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return errors.Join(f.Close(), syncFolder(path))
	case errors.Is(err, fs.ErrExist) && !fresh:
		if err := checkFile(path); err != nil {
			return err
		}
		return inspect(path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: creating it: %w", journal.ErrReadOnly, err)
	}
	return err
}

// inspect reads the header of a file that exists. An empty one is as good as
// none.
func inspect(path string) error {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w: %w", journal.ErrReadOnly, err)
		}
		return err
	}
	defer f.Close()
	var head [100]byte
	switch n, err := io.ReadFull(f, head[:]); {
	case n == 0 && err == io.EOF:
		return nil
	case err == io.ErrUnexpectedEOF:
		return fmt.Errorf("%w: it is no SQLite file", journal.ErrForeign)
	case err != nil:
		return err
	case halfMade(path, head[:]):
		return nil
	}
	return judge(head[:])
}

// halfMade reports whether the power was cut while the file was made: its header
// has not reached the disk, and SQLite's rollback journal lies beside it and says
// that the file was empty before. SQLite empties it again when it opens it.
func halfMade(path string, head []byte) bool {
	if bytes.ContainsFunc(head, func(r rune) bool { return r != 0 }) {
		return false
	}
	f, err := os.Open(path + "-journal")
	if err != nil {
		return false
	}
	defer f.Close()
	var begin [20]byte // magic, number of records, nonce, pages before
	_, err = io.ReadFull(f, begin[:])
	return err == nil && string(begin[:8]) == "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" && binary.BigEndian.Uint32(begin[16:]) == 0
}

// judge says whether a header is one of ours. The offsets are those of SQLite's
// file format.
func judge(head []byte) error {
	magic := string(head[:16]) == "SQLite format 3\x00"
	version := binary.BigEndian.Uint32(head[60:])
	ours := binary.BigEndian.Uint32(head[68:]) == applicationID
	switch {
	case ours && !magic:
		return fmt.Errorf("%w: its first bytes are not those of an SQLite file", journal.ErrDamaged)
	case !magic:
		return fmt.Errorf("%w: it is no SQLite file", journal.ErrForeign)
	case !ours:
		return fmt.Errorf("%w: it is an SQLite file, but holds no journal", journal.ErrForeign)
	case version > layout():
		return newer(version)
	}
	return nil
}

func newer(version uint32) error {
	return fmt.Errorf("%w: its layout is number %d, this program knows up to %d", journal.ErrNewer, version, layout())
}

// syncFolder makes a new file's name durable. Not every platform can.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
