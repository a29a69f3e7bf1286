package peer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/oklog/ulid/v2"
)

// Errors of this package; match them with errors.Is.
var (
	ErrUnreachable = errors.New("the process cannot be asked")
	ErrLive        = errors.New("the process is alive")
	ErrToken       = errors.New("not the token of a member")
)

// A Dir is one handle on the folder in which the processes of one database
// meet. Its methods are safe for use by several goroutines.
type Dir struct {
	path      string       // the folder, absolute
	pace      pace         // of watch
	crowd     atomic.Int64 // connections and other live members known
	turnstile Turnstile

	joining sync.Mutex // held by Join, Leave and Close

	mu     sync.Mutex
	self   *Member // nil unless joined
	client *hub    // the connections of one that has not joined; nil before the first
	closed bool
}

// Open returns a handle for the database at path, which should exist. It
// touches nothing: the folder is made when it is needed first.
func Open(path string) (*Dir, error) {
	full, err := filepath.Abs(path)
	if err != nil || path == "" {
		return nil, fmt.Errorf("find the folder beside database %q: %w", path, errors.Join(err, fs.ErrInvalid))
	}
	d := &Dir{path: resolve(full) + "-peers", pace: usualPace}
	d.turnstile.open(d)
	return d, nil
}

// resolve follows symbolic links, so that all who open one database meet.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// Close leaves, if joined, ends every connection once what is queued has been
// sent (a quarter of a second at most), and removes the folder if nobody needs
// it any more. It waits for every goroutine, so no method of a Handler may call
// it. Close may be called again.
func (d *Dir) Close() error {
	var err error
	if m := d.member(); m != nil {
		err = m.Leave()
	}
	d.joining.Lock()
	defer d.joining.Unlock()
	d.mu.Lock()
	client := d.client
	d.client, d.closed = nil, true
	d.mu.Unlock()
	if client != nil {
		client.close()
	}
	d.tidy()
	return err
}

// member returns the member this handle is, nil if it has not joined.
func (d *Dir) member() *Member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.self
}

// hub returns the connections of this handle, nil once it is closed.
func (d *Dir) hub() *hub {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.self != nil:
		return d.self.hub
	case d.closed:
		return nil
	case d.client == nil:
		d.client = newHub(d, "", nil)
	}
	return d.client
}

// mkdir makes the folder, or makes sure that the one that is there is ours alone.
func (d *Dir) mkdir() error {
	err := os.Mkdir(d.path, 0o700)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	fi, err := os.Lstat(d.path)
	if err != nil {
		return err
	}
	if !fi.IsDir() {
		return fmt.Errorf("%s is in the way: not a folder", d.path)
	}
	uid, known := owner(fi)
	if !known {
		return nil
	}
	if me := os.Geteuid(); uid != me && me != 0 {
		return fmt.Errorf("folder %s belongs to another user (uid %d)", d.path, uid)
	}
	if fi.Mode().Perm()&0o077 != 0 {
		return os.Chmod(d.path, 0o700)
	}
	return nil
}

// tidy removes the folder if no member, alive or dead, has a file in it.
func (d *Dir) tidy() {
	tokens, err := d.tokens()
	if err != nil || len(tokens) > 0 || !d.turnstile.remove() {
		return
	}
	_ = os.Remove(d.path) // fails, as it should, if somebody has just come
}

// tokens lists the members that have a lock file, alive or dead, oldest first.
func (d *Dir) tokens() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the processes sharing the database: %w", err)
	}
	var tokens []string
	for _, e := range entries {
		if token, ok := strings.CutSuffix(e.Name(), ".lock"); ok && isToken(token) {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

// lockFile is where the lock of a member is.
func (d *Dir) lockFile(token string) string { return filepath.Join(d.path, token+".lock") }

func newToken() (string, error) {
	id, err := ulid.New(ulid.Now(), rand.Reader)
	return id.String(), err
}

// isToken keeps names that came from elsewhere from leading out of the folder.
func isToken(s string) bool {
	id, err := ulid.ParseStrict(s)
	return err == nil && id.String() == s
}

// current reports whether path still names the file that f has open.
func current(f *os.File, path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err
}
