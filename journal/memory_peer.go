package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Join implements Shared.
func (s *MemoryStore) Join(_ context.Context, p Peer) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	switch {
	case s.state != nil:
		return fmt.Errorf("joining: %w", s.state)
	case s.process != 0:
		return errors.New("joining: this process has joined already")
	}
	s.m.disk.lastProcess++
	s.process, s.peer = s.m.disk.lastProcess, p
	return nil
}

// Leave implements Shared.
func (s *MemoryStore) Leave() error {
	s.m.mu.Lock()
	var notices []func()
	if s.process != 0 {
		for _, r := range s.m.disk.runs {
			if r.Owner == s.process {
				r.Owner = 0
			}
		}
		delete(s.m.disk.signs, s.process)
		s.process, s.peer = 0, nil
		notices = s.m.tellDied()
	}
	s.m.mu.Unlock()
	run(notices)
	return nil
}

// Nudge implements Shared.
func (s *MemoryStore) Nudge(key int64) {
	s.m.mu.Lock()
	var notices []func()
	var owner *MemoryStore
	if r := s.m.disk.run(key); r != nil {
		owner = s.m.process(r.Owner)
	}
	for _, h := range s.m.handles {
		if s.state == nil && h != s && h.process != 0 && (owner == nil || owner == h) {
			notices = append(notices, s.m.notice(h, func(p Peer) { p.Nudged(key) }))
		}
	}
	s.m.mu.Unlock()
	run(notices)
}

// Call implements Shared.
func (s *MemoryStore) Call(ctx context.Context, process int64, question []byte) ([]byte, error) {
	var answer []byte
	var err error
	done := make(chan struct{})
	s.m.mu.Lock()
	h := s.m.process(process)
	if h == nil || s.state != nil {
		s.m.mu.Unlock()
		return nil, fmt.Errorf("calling process %d: it is gone: %w", process, ErrHeld)
	}
	call := s.m.notice(h, func(p Peer) {
		defer close(done)
		answer, err = p.Called(ctx, append([]byte(nil), question...))
	})
	s.m.mu.Unlock()
	call()
	select {
	case <-done:
		if err == nil || ctx.Err() == nil { // else that is all the error says
			return append([]byte(nil), answer...), err
		}
	case <-ctx.Done():
	}
	return nil, fmt.Errorf("calling process %d: no answer (%v): %w", process, context.Cause(ctx), ErrHeld)
}

// Processes implements Census.
func (s *MemoryStore) Processes(ctx context.Context) ([]Process, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return nil, err
	}
	var ps []Process
	for n := int64(1); n <= s.m.disk.lastProcess; n++ {
		h := s.m.process(n)
		if _, signed := s.m.disk.signs[n]; h != nil || signed {
			ps = append(ps, Process{Number: n, Live: h != nil, Self: h == s})
		}
	}
	return ps, nil
}

// Beside implements Inquest.
func (s *MemoryStore) Beside(ctx context.Context, run int64) (bool, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return false, err
	}
	dead := s.m.disk.run(run)
	return dead != nil && dead.Owner != 0 && slices.ContainsFunc(s.m.disk.runs, func(r *memRun) bool {
		return r.Key != run && r.wasUnder(dead.Owner)
	}), nil
}

// wasUnder reports whether the run was under way in a process when that died.
func (r *memRun) wasUnder(process int64) bool {
	if r.Owner == process && r.Status == StatusOpen && r.Phase != Waiting {
		return true
	}
	i := slices.Index(r.under, process)
	return i >= 0 && r.crashes[i].Phase != Waiting
}

// process returns the live process of that number, nil if it is gone.
func (m *Memory) process(number int64) *MemoryStore {
	for _, h := range m.handles {
		if number != 0 && h.process == number && !h.lost {
			return h
		}
	}
	return nil
}

// notice returns the call of one method of h's peer.
func (m *Memory) notice(h *MemoryStore, call func(Peer)) func() {
	number, deliver := h.process, m.deliver
	made := func() {
		m.mu.Lock()
		p := h.peer
		if h.process != number || p == nil {
			p = nobody{}
		}
		m.mu.Unlock()
		call(p)
	}
	if deliver == nil {
		return made
	}
	return func() { deliver(h, made) }
}

// nobody stands in for a process that is gone when its notice comes.
type nobody struct{}

func (nobody) Nudged(int64)                                   {}
func (nobody) Died()                                          {}
func (nobody) Called(context.Context, []byte) ([]byte, error) { return nil, ErrHeld }

func (m *Memory) tellDied() []func() {
	var notices []func()
	for _, h := range m.handles {
		if h.process != 0 {
			notices = append(notices, m.notice(h, Peer.Died))
		}
	}
	return notices
}
