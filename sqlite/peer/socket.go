package peer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	longestSocket = 103             // bytes a socket's path may have; Linux would take 107
	dialTime      = 1 * time.Second // a connection within one machine comes at once or not at all
)

// errNoSocket says that a member does not listen.
var errNoSocket = errors.New("it does not listen")

// listen opens the member's socket, beside its lock file or, if that path is too
// long, in a private folder for temporary files. It returns the socket's path as
// the lock file is to have it; nil and "" if there can be no socket.
func (d *Dir) listen(token string) (ln *net.UnixListener, socket string) {
	if ln := listen(d.socketBeside(token)); ln != nil {
		return ln, socketName(token)
	}
	folder := d.shortFolder()
	for range 3 { // another member may be removing the empty folder
		if os.Mkdir(folder, 0o700); !private(folder) {
			continue
		}
		short := filepath.Join(folder, token[10:]+".sock") // the random part
		if ln := listen(short); ln != nil {
			return ln, short
		}
	}
	return nil, ""
}

func listen(path string) *net.UnixListener {
	if len(path) > longestSocket {
		return nil
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil
	}
	_ = os.Chmod(path, 0o600) // the folder keeps others out already
	return ln
}

func socketName(token string) string { return token + ".sock" }

func (d *Dir) socketBeside(token string) string { return filepath.Join(d.path, socketName(token)) }

// shortFolder is where sockets go whose path beside the database is too long.
func (d *Dir) shortFolder() string {
	sum := sha256.Sum256([]byte(d.path))
	return filepath.Join(os.TempDir(), "durable-"+hex.EncodeToString(sum[:4]))
}

// private reports whether the path is a folder of ours that nobody else enters.
func private(path string) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.IsDir() {
		return false
	}
	uid, known := owner(fi)
	return !known || uid == os.Geteuid() && fi.Mode().Perm()&0o077 == 0
}

// dial connects to a member.
func (d *Dir) dial(token string) (net.Conn, error) {
	path, err := d.socketOf(token)
	if err != nil {
		return nil, err
	}
	return net.DialTimeout("unix", path, dialTime)
}

// socketOf returns where a member listens. errNoSocket if it does not.
func (d *Dir) socketOf(token string) (string, error) {
	info, err := d.read(token)
	if err != nil {
		return "", err
	}
	switch {
	case info.socket == "":
		return "", errNoSocket
	case info.socket == socketName(token):
		return d.socketBeside(token), nil
	case !filepath.IsAbs(info.socket):
		return "", fmt.Errorf("%q is no socket's path: %w", info.socket, errNoSocket)
	}
	return info.socket, d.trust(token, info.socket)
}

// trust checks that a socket outside the folder belongs, like the folder it is
// in, to the user that the member's lock file belongs to, and to nobody else.
func (d *Dir) trust(token, socket string) error {
	lockFile, err := os.Lstat(d.lockFile(token))
	if err != nil {
		return err
	}
	want, known := owner(lockFile)
	if !known {
		return nil
	}
	for _, path := range []string{filepath.Dir(socket), socket} {
		fi, err := os.Lstat(path)
		if err != nil {
			return err
		}
		kind := fi.Mode().Type()
		uid, _ := owner(fi)
		if uid != want || fi.Mode().Perm()&0o077 != 0 || kind != fs.ModeDir && kind != fs.ModeSocket {
			return fmt.Errorf("%s is open to others: %w", path, errNoSocket)
		}
	}
	return nil
}
