package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

func (s *MemoryStore) claim(c *Claim) error {
	c.Claimed = nil
	if s.process == 0 {
		return fmt.Errorf("claiming %d runs: %w", len(c.Runs), errNotJoined)
	}
	s.sign(c.Now)
	for i, key := range c.Runs {
		r := s.m.disk.run(key)
		if r == nil || r.Status != StatusOpen || slices.Contains(c.Runs[:i], key) {
			continue
		}
		if r.Owner != s.process {
			if s.m.process(r.Owner) != nil {
				continue // somebody alive has it
			}
			if r.Owner != 0 {
				r.died(s.m.disk.signs[r.Owner], stored(c.Now))
			}
			r.Owner = s.process
			r.Fence++
		}
		c.Claimed = append(c.Claimed, s.view(r))
	}
	return nil
}

func (r *memRun) died(at, back time.Time) {
	r.crashes = append(r.crashes, Crash{Seq: r.LastSeq, Phase: r.Phase, Died: at, Back: back})
	r.under = append(r.under, r.Owner)
	r.Crashes++
	if r.Phase != Waiting {
		r.counts(r.hard+1, r.eased)
	}
}

// counts sets how many crashes count in a row.
func (r *memRun) counts(hard, eased int) {
	r.hard, r.eased = hard, eased
	r.Streak = hard + eased/EasedCrashes
}

func (s *MemoryStore) release(w *Release) {
	for _, key := range w.Runs {
		if r := s.m.disk.run(key); r != nil && s.process != 0 && r.Owner == s.process {
			r.Owner = 0
		}
	}
}

func (s *MemoryStore) stick(w *Stick) error {
	r, err := s.made(w.New, &w.Run, w.Fence)
	if err != nil {
		return fmt.Errorf("marking as stuck: %w", err)
	}
	problem, err := json.Marshal(w.Problem)
	if err != nil {
		return fmt.Errorf("marking run %d as stuck: %w", w.Run, err)
	}
	r.Status, r.Problem, r.Owner = StatusStuck, problem, 0
	return nil
}

func (s *MemoryStore) resume(w *Resume) error {
	r, err := s.unfinished(w.Run)
	if err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	r.counts(0, 0)
	if r.Status == StatusStuck {
		r.Status, r.Problem, r.Owner = StatusOpen, nil, 0
		r.Fence++
	}
	return nil
}

func (s *MemoryStore) terminate(w *Terminate) error {
	r, err := s.unfinished(w.Run)
	if err != nil {
		return fmt.Errorf("terminating: %w", err)
	}
	s.sign(w.At)
	e := w.Event(&r.Run).clone()
	r.events = append(r.events, e)
	r.LastSeq, r.LastAt, r.LastSum = e.Seq, e.At, e.Sum
	r.counts(0, 0)
	r.Fence++
	r.end(StatusTerminated, e.At)
	w.Children = nil
	for _, child := range s.m.disk.runs {
		if child.Parent == r.Key && !child.Status.Closed() {
			w.Children = append(w.Children, child.Key)
			s.m.disk.tell(child.Key, CanceledByParent(e.At))
		}
	}
	s.m.disk.tell(r.Parent, *w.Told(&r.Run))
	return nil
}

func (s *MemoryStore) unfinished(key int64) (*memRun, error) {
	r := s.m.disk.run(key)
	switch {
	case r == nil:
		return nil, fmt.Errorf("run %d: %w", key, ErrNoRun)
	case r.Status.Closed():
		return nil, fmt.Errorf("run %d: %w", key, ErrClosed)
	}
	return r, nil
}

func (s *MemoryStore) heartbeat(p *Progress) error {
	r, err := s.owned(p.Run, p.Fence)
	if err != nil {
		return fmt.Errorf("recording a heartbeat: %w", err)
	}
	s.sign(p.At)
	if old, ok := r.progress[p.Op]; !ok || !bytes.Equal(old, p.Data) {
		r.counts(0, r.hard+r.eased)
	}
	r.progress[p.Op] = slices.Clone(p.Data)
	return nil
}
