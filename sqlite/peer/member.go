package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
)

// A Handler is what a member does when others turn to it. Its methods are called
// from several goroutines at once, perhaps before Join has returned. None but
// Called may block, and none may call Leave or Close, which wait for them.
type Handler interface {
	Nudged(run int64)                                            // something was committed for that run; 0: for some run
	Called(ctx context.Context, question []byte) ([]byte, error) // a question by another process; ctx ends when its asker gives up, and on Leave
	Died()                                                       // a member is gone
}

// nobody is the Handler of one who has none.
type nobody struct{}

func (nobody) Nudged(int64) {}
func (nobody) Died()        {}
func (nobody) Called(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("this process takes no questions")
}

// A Member is this process among those that share the database, from Join to
// Leave. Its methods are safe for use by several goroutines.
type Member struct {
	dir   *Dir
	token string
	path  string // of the lock file
	hub   *hub

	mu     sync.Mutex
	file   *os.File // the lock file; nil once left
	notice *notice
	mapped []byte // the lock file as memory, with the notice; nil: the system cannot
	synced bool   // the name of the lock file is on disk

	touched atomic.Int64 // when Touch last did something, in Unix nanoseconds
}

// Join makes this process a member: it takes a lock that dies with it, listens
// for the others, and makes itself known to them: it waits, a tenth of a second at
// most, until they have taken note of it. A handle joins once, until Leave. Without sockets, say because of the file system, a member is not
// nudged or asked, and its death is noticed within about a second.
func (d *Dir) Join(h Handler) (*Member, error) {
	d.joining.Lock()
	defer d.joining.Unlock()
	m, err := d.join(h)
	if err != nil {
		return nil, fmt.Errorf("join the processes in %s: %w", d.path, err)
	}
	return m, nil
}

func (d *Dir) join(h Handler) (*Member, error) {
	d.mu.Lock()
	closed, self := d.closed, d.self
	d.mu.Unlock()
	if closed {
		return nil, os.ErrClosed
	}
	if self != nil {
		return nil, errors.New("this handle has joined already")
	}
	m, err := d.enlist()
	if err != nil {
		return nil, err
	}
	ln, socket := d.listen(m.token)
	if err := m.introduce(socket); err != nil {
		if ln != nil {
			_ = ln.Close()
		}
		return nil, errors.Join(err, m.release())
	}
	m.hub = newHub(d, m.token, h)
	d.mu.Lock()
	d.self = m
	client := d.client
	d.mu.Unlock()
	if client != nil { // it may have found the lock file just made
		client.shun(m.token)
	}
	m.hub.open(ln, socket)
	return m, nil
}

// enlist creates a lock file of a new name and locks it.
func (d *Dir) enlist() (*Member, error) {
	var err error
	for range 16 { // others tidy the folder away, or look at the file before it is locked: not for ever
		if err = d.mkdir(); err != nil {
			return nil, err
		}
		var m *Member
		if m, err = d.create(); m != nil {
			return m, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, errors.Join(errors.New("the lock file is taken away each time"), err)
}

// create returns nil, nil if somebody was faster.
func (d *Dir) create() (*Member, error) {
	token, err := newToken()
	if err != nil {
		return nil, err
	}
	path := d.lockFile(token)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	m := &Member{dir: d, token: token, path: path, file: f}
	ok, err := tryLock(f)
	if ok {
		ok, err = current(f, path)
	}
	if !ok || err != nil {
		return nil, errors.Join(err, m.release())
	}
	return m, nil
}

// Locked reports whether the others see that this member is alive: its lock file
// is where they look for it.
func (m *Member) Locked() (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return false, fmt.Errorf("look after the lock of member %s: %w", m.token, os.ErrClosed)
	}
	return current(m.file, m.path)
}

// Token names this member, among all there ever were.
func (m *Member) Token() string { return m.token }

// Leave ends the membership: the lock is free, the files are removed, every
// goroutine and connection of this handle has ended when it returns. What is
// queued for others is still sent, for a quarter of a second at most. Leave may
// be called again.
func (m *Member) Leave() error {
	d := m.dir
	d.joining.Lock()
	defer d.joining.Unlock()
	d.mu.Lock()
	if d.self != m {
		d.mu.Unlock()
		return nil
	}
	client := d.client
	d.self, d.client = nil, nil
	d.mu.Unlock()

	m.hub.deafen()
	err := m.release() // before the connections end: others look at the lock then
	m.hub.close()
	if client != nil {
		client.close()
	}
	d.tidy()
	if err != nil {
		return fmt.Errorf("leave the processes in %s: %w", d.path, err)
	}
	return nil
}

// release removes the lock file and frees the lock.
func (m *Member) release() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.file
	m.file, m.notice = nil, nil
	unmap(m.mapped)
	m.mapped = nil
	early := os.Remove(m.path) // refused by systems that keep open files
	err := errors.Join(unlock(f), f.Close())
	if early != nil && !errors.Is(early, fs.ErrNotExist) {
		if late := os.Remove(m.path); !errors.Is(late, fs.ErrNotExist) && !isLookedAt(late) {
			err = errors.Join(err, late)
		}
	}
	return err
}
