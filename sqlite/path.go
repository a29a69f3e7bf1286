package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/seed139febb4/durable/journal"
)

// locate returns where the file really lies: absolute, with symbolic links
// followed, also if the file itself does not exist yet. The folder must exist,
// and must be one where nobody else can replace the file.
func locate(path string, s settings) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		real, err = locateNew(abs)
	}
	if err != nil {
		return "", err
	}
	return real, checkFolder(filepath.Dir(real), s)
}

// locateNew follows links for a file that is to be created: those of its
// folder, and the file itself if it is a link to nothing.
func locateNew(abs string) (string, error) {
	if target, err := os.Readlink(abs); err == nil {
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(abs), target)
		}
		abs = target
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if errors.Is(err, fs.ErrNotExist) {
		return "", noFolder(filepath.Dir(abs))
	}
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", filepath.Dir(abs), err)
	}
	return filepath.Join(folder, filepath.Base(abs)), nil
}

// A plain error says in words what is, an error of the system, says by number.
type plain struct {
	text string
	is   error
}

func (p plain) Error() string        { return p.text }
func (p plain) Is(target error) bool { return target == p.is }

func noFolder(path string) error { return plain{"there is no folder " + path, fs.ErrNotExist} }

func checkFolder(folder string, s settings) error {
	info, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("folder %s: it is a file", folder)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("folder %s: anybody may replace files in it; take the right to write from others, or set the sticky bit", folder)
	}
	if name := networkFS(folder); name != "" && !s.anyFS {
		return fmt.Errorf("folder %s: it is on a network file system (%s), whose locks and syncs cannot be relied on", folder, name)
	}
	return nil
}

// checkFile refuses what is no regular file, and what its owner has marked as
// read-only, which root would otherwise not notice.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return plain{"it is a folder, not a file", syscall.EISDIR}
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: it is not a regular file", journal.ErrForeign)
	}
	if info.Mode().Perm()&0o222 == 0 {
		return fmt.Errorf("%w: its mode is %s", journal.ErrReadOnly, info.Mode())
	}
	return nil
}

// source returns the driver's name for a connection to path. Readers cannot
// write.
func source(path, vfs string, s settings, reader bool) string {
	q := url.Values{"_defensive": {"1"}, "_dqs": {"0"}, "_error_rc": {"1"}, "mode": {"rw"}}
	q["_busy_timeout"] = []string{strconv.FormatInt(max(1, s.patience.Milliseconds()), 10)}
	pragmas := []string{"cell_size_check(1)", "mmap_size(0)", "trusted_schema(0)", "synchronous(" + s.sync + ")",
		"wal_autocheckpoint(0)", "journal_size_limit(67108864)", "foreign_keys(1)"}
	if runtime.GOOS == "darwin" {
		pragmas = append(pragmas, "fullfsync(1)", "checkpoint_fullfsync(1)")
	}
	q["_pragma"] = pragmas
	if reader {
		q.Set("_query_only", "1")
	}
	q.Set("vfs", vfs)
	return "file:" + escape(path) + "?" + q.Encode()
}

// escape writes a path as the path of a URI.
func escape(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/x
	}
	return (&url.URL{Path: slashed}).EscapedPath()
}
