package journal

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

func (s *MemoryStore) append(a *Append) error {
	r, delivered, err := s.appendable(a)
	if err != nil {
		for _, w := range a.Then {
			Refuse(w, err)
		}
		return fmt.Errorf("appending event %d: %w", a.Event.Seq, err)
	}
	s.sign(a.Event.At)
	e := a.Event.clone()
	r.events = append(r.events, e)
	r.LastSeq, r.LastAt, r.LastSum = e.Seq, e.At, e.Sum
	r.counts(0, 0)
	if delivered >= 0 {
		r.inbox = slices.Delete(r.inbox, delivered, delivered+1)
	}
	if a.Phase != "" {
		r.Phase = a.Phase
	}
	for _, t := range a.Unset {
		r.timers = slices.DeleteFunc(r.timers, func(u Timer) bool { return sameTimer(t, u) })
	}
	for _, t := range a.Set {
		t.Due = stored(t.Due)
		if !slices.ContainsFunc(r.timers, func(u Timer) bool { return sameTimer(t, u) }) {
			r.timers = append(r.timers, t)
		}
	}
	for _, op := range a.Clear {
		delete(r.progress, op)
	}
	if a.End != "" {
		r.end(a.End, e.At)
	}
	a.Place(r.Key)
	for _, w := range a.Then {
		s.write(w)
	}
	return nil
}

// appendable checks all that can be wrong with a, and finds the place of the
// message it delivers, -1 if it delivers none.
func (s *MemoryStore) appendable(a *Append) (r *memRun, delivered int, err error) {
	if r, err = s.made(a.New, &a.Run, a.Fence); err != nil {
		return nil, -1, err
	}
	if a.Event.Seq != r.LastSeq+1 {
		return nil, -1, fmt.Errorf("run %d has %d events: %w", r.Key, r.LastSeq, ErrFenced)
	}
	delivered = slices.IndexFunc(r.inbox, func(m Message) bool { return m.ID == a.Delivered })
	if a.Delivered != 0 && delivered < 0 {
		return nil, -1, fmt.Errorf("run %d holds no message %d: %w", r.Key, a.Delivered, ErrFenced)
	}
	if (a.End != "" || a.Straight) && len(r.inbox) > 0 && r.inbox[0].ID <= a.Last() {
		return nil, -1, fmt.Errorf("run %d holds message %d: %w", r.Key, r.inbox[0].ID, ErrUnread)
	}
	return r, delivered, nil
}

func sameTimer(a, b Timer) bool {
	return a.Op == b.Op && a.Attempt == b.Attempt && a.Due.Equal(b.Due)
}

// end closes the run and drops what only an unfinished run has. Signals that it
// has not seen stay, unread.
func (r *memRun) end(as Status, at time.Time) {
	r.Status, r.Phase, r.Ended, r.Owner, r.Problem = as, "", at, 0, nil
	r.inbox = slices.DeleteFunc(r.inbox, func(m Message) bool { return m.Kind != SignalMessage })
	r.timers, r.progress = nil, map[int64]json.RawMessage{}
}
