package journal

import (
	"fmt"
	"slices"
)

func (s *MemoryStore) post(p *Post) error {
	d := &s.m.disk
	p.Duplicate = false
	var r *memRun
	if p.ParentOp != 0 {
		if r = d.child(p.Parent, p.ParentOp); r == nil {
			return fmt.Errorf("child %d of run %d: %w", p.ParentOp, p.Parent, ErrNoRun)
		}
		p.Run = r.Key
	} else if r = d.run(p.Run); r == nil {
		return fmt.Errorf("run %d: %w", p.Run, ErrNoRun)
	}
	if first := r.keys[p.Message.Key]; p.Message.Key != "" && first != 0 {
		p.Duplicate, p.Message.ID = true, first
		return nil
	}
	if r.Status.Closed() {
		return fmt.Errorf("run %d: %w", r.Key, ErrClosed)
	}
	if p.Fence != 0 && p.Fence != r.Fence {
		return fmt.Errorf("run %d: %w", r.Key, ErrFenced)
	}
	s.sign(p.Message.At)
	d.put(r, &p.Message)
	return nil
}

func (s *MemoryStore) discard(w *Discard) error {
	r, err := s.owned(w.Run, w.Fence)
	if err != nil {
		return fmt.Errorf("discarding message %d: %w", w.Message, err)
	}
	r.inbox = slices.DeleteFunc(r.inbox, func(m Message) bool { return m.ID == w.Message })
	return nil
}

// put adds a message to an inbox and says in m which id and sum it got.
func (d *disk) put(r *memRun, m *Message) {
	d.lastMessage++
	m.ID = d.lastMessage
	if m.Key != "" {
		r.keys[m.Key] = m.ID
	}
	kept := m.clone()
	kept.Sum = kept.Checksum(r.Key)
	m.Sum = kept.Sum
	r.inbox = append(r.inbox, kept)
}

// tell puts a message into a run's inbox, unless that is closed or unknown.
func (d *disk) tell(key int64, m Message) {
	if r := d.run(key); r != nil && !r.Status.Closed() {
		d.put(r, &m)
	}
}
