package journal

import (
	"errors"
	"fmt"
	"slices"
)

// A MemoryStore is one process's handle on a Memory.
type MemoryStore struct {
	m       *Memory
	changed chan struct{}

	// Guarded by m.mu:
	process int64 // its number while joined, else 0
	peer    Peer
	state   error // why nothing is done any more; nil while the handle is well
	lost    bool  // its lock is, see Lose
}

var (
	_ Store  = (*MemoryStore)(nil)
	_ Shared = (*MemoryStore)(nil)
	_ Census = (*MemoryStore)(nil)
)

var errClosed = errors.New("the handle is closed")

// A Fault is what becomes of a commit, see Memory.Inject.
type Fault int

const (
	NoFault     Fault = iota
	DiskFull          // ErrFull; nothing is written
	DiskError         // ErrBroken; nothing is written, and nothing more is by this handle
	CrashBefore       // the process is killed, nothing is written
	CrashAfter        // the process is killed when all is written, before it hears of that
)

// Commit implements Store.
func (s *MemoryStore) Commit(writes ...Write) error {
	if len(writes) == 0 {
		return nil
	}
	m := s.m
	m.mu.Lock()
	inject := m.inject
	m.mu.Unlock()
	fault := NoFault
	if inject != nil {
		fault = inject(s, writes)
	}
	m.mu.Lock()
	if s.state != nil {
		defer m.mu.Unlock()
		return fmt.Errorf("committing: %w", s.state)
	}
	var notices []func()
	refused := false
	switch fault {
	case NoFault, CrashAfter:
		for _, w := range writes {
			s.write(w)
		}
		m.tellChanged(s)
		if s.lost {
			if disowned, some := Disowned(writes...); disowned {
				s.state, refused = ErrBroken, !some
			}
		}
	case DiskError:
		s.state = ErrBroken
	}
	if fault == CrashBefore || fault == CrashAfter {
		notices = s.die()
	}
	m.mu.Unlock()
	run(notices)
	switch {
	case fault == NoFault && !refused:
		return nil
	case fault == DiskFull:
		return fmt.Errorf("committing: %w", ErrFull)
	}
	return fmt.Errorf("committing: %w", ErrBroken)
}

// Kill ends the process that holds s as kill -9 would: what is committed stays,
// the others see it dead, and s answers ErrBroken.
func (s *MemoryStore) Kill() {
	s.m.mu.Lock()
	notices := s.die()
	s.m.mu.Unlock()
	run(notices)
}

// Lose takes the lock of the process that holds s away, though it lives: to the
// others it is dead, and it finds out by what it is refused.
func (s *MemoryStore) Lose() {
	s.m.mu.Lock()
	s.lost = true
	notices := s.m.tellDied()
	s.m.mu.Unlock()
	run(notices)
}

func (s *MemoryStore) die() []func() {
	s.m.forget(s)
	s.state = ErrBroken
	if s.process == 0 {
		return nil
	}
	s.process, s.peer = 0, nil
	return s.m.tellDied()
}

// Close implements Store. It may be called again.
func (s *MemoryStore) Close() error {
	err := s.Leave()
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.forget(s)
	if s.state == nil {
		s.state = errClosed
	}
	return err
}

// Changed implements Store.
func (s *MemoryStore) Changed() <-chan struct{} { return s.changed }

func (m *Memory) forget(s *MemoryStore) {
	m.handles = slices.DeleteFunc(m.handles, func(h *MemoryStore) bool { return h == s })
}

func (m *Memory) tellChanged(by *MemoryStore) {
	for _, h := range m.handles {
		if h == by {
			continue
		}
		select {
		case h.changed <- struct{}{}:
		default: // it has not looked since the last time
		}
	}
}

func run(notices []func()) {
	for _, f := range notices {
		f()
	}
}
