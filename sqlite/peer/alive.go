package peer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Alive reports whether the member holds its lock, and when it gave its last
// sign of life: by Join or Touch. It does not wait. A member without a
// lock file is dead; no last sign of it is known then.
func (d *Dir) Alive(token string) (alive bool, lastSign time.Time, err error) {
	if !isToken(token) {
		return false, time.Time{}, fmt.Errorf("look after member %q: %w", token, ErrToken)
	}
	alive, lastSign, err = d.probe(token)
	if err != nil {
		err = fmt.Errorf("look after member %s: %w", token, err)
	}
	return alive, lastSign, err
}

func (d *Dir) probe(token string) (bool, time.Time, error) {
	if m := d.member(); m != nil && m.token == token {
		fi, err := os.Stat(m.path)
		if err != nil {
			return true, time.Time{}, nil // somebody removed it; the lock is ours all the same
		}
		return true, fi.ModTime(), nil
	}
	f, err := os.Open(d.lockFile(token))
	if errors.Is(err, fs.ErrNotExist) {
		return false, time.Time{}, nil
	}
	if err != nil {
		return false, time.Time{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return false, time.Time{}, err
	}
	free, err := tryShared(f) // shared: those who look do not see each other
	if err != nil {
		return false, fi.ModTime(), err
	}
	if free {
		err = unlock(f)
	}
	return !free, fi.ModTime(), err
}

// nascent reports whether the member has not yet written who it is: it may not
// have its lock yet, and has asked nobody for anything.
func (d *Dir) nascent(token string) bool {
	fi, err := os.Stat(d.lockFile(token))
	return err == nil && fi.Size() == 0
}

// Remove clears up after a dead member: its lock file, its mark, its socket.
// ErrLive if it is alive; no error if somebody else has removed it.
func (d *Dir) Remove(token string) error {
	alive, _, err := d.Alive(token)
	if err == nil && alive {
		err = ErrLive
	}
	if err != nil {
		return fmt.Errorf("remove member %s: %w", token, err)
	}
	if path, err := d.socketOf(token); err == nil {
		_ = os.Remove(path)
	}
	_ = os.Remove(d.socketBeside(token)) // of one that died before it wrote where it listens
	if err := os.Remove(d.lockFile(token)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove member %s: %w", token, err)
	}
	return nil
}
