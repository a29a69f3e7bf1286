package peer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A queue is a lock file that processes wait for.
type queue struct {
	dir  *Dir
	name string

	mu     sync.Mutex
	waiter *waiter // nil if none
}

// A waiter is a goroutine that waits for the lock in the kernel. Nothing can
// interrupt it. If nobody wants the lock when it comes it is given back; if
// somebody wants it again before that, the place in the queue is still ours.
type waiter struct {
	wanted bool // guarded by queue.mu
	got    chan holding
}

type holding struct {
	file *os.File // locked
	err  error
}

func (q *queue) path() string { return filepath.Join(q.dir.path, q.name) }

// try takes the lock without waiting. nil if it is taken.
func (q *queue) try() (*os.File, error) {
	return q.take(func(f *os.File) (bool, error) { return tryLock(f) })
}

// wait waits for the lock, or for ctx. Only one goroutine may wait.
func (q *queue) wait(ctx context.Context) (*os.File, error) {
	w := q.enlist()
	select {
	case h := <-w.got:
		return h.file, h.err
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case h := <-w.got: // it came at the same time
		return h.file, h.err
	default:
		w.wanted = false
		return nil, context.Cause(ctx)
	}
}

// enlist returns the waiter, a new one if there is none.
func (q *queue) enlist() *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiter == nil {
		q.waiter = &waiter{got: make(chan holding, 1)}
		go q.block(q.waiter)
	}
	q.waiter.wanted = true
	return q.waiter
}

// block waits in the kernel.
func (q *queue) block(w *waiter) {
	f, err := q.take(func(f *os.File) (bool, error) { return true, lock(f) })
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiter = nil
	if w.wanted {
		w.got <- holding{f, err}
	} else if f != nil {
		release(f)
	}
}

// take opens the file and locks it. When the lock comes the file may have been
// removed by the last process that left: then there is a new one.
func (q *queue) take(lock func(*os.File) (bool, error)) (*os.File, error) {
	for {
		f, err := q.openFile()
		if err != nil {
			return nil, err
		}
		ok, err := lock(f)
		if err != nil || !ok {
			_ = f.Close()
			return nil, err
		}
		if ok, err = current(f, q.path()); ok {
			return f, nil
		}
		release(f)
		if err != nil {
			return nil, err
		}
	}
}

// openFile opens the lock file, and makes it and its folder if they are missing.
func (q *queue) openFile() (*os.File, error) {
	for tries := 0; ; tries++ {
		f, err := os.OpenFile(q.path(), os.O_RDWR|os.O_CREATE, 0o600)
		if !errors.Is(err, fs.ErrNotExist) || tries == 16 {
			return f, err
		}
		if err := q.dir.mkdir(); err != nil {
			return nil, err
		}
	}
}

// release gives the lock back.
func release(f *os.File) {
	_ = unlock(f)
	_ = f.Close()
}
