package engine

import (
	"context"

	"github.com/seed139febb4/durable/journal"
)

// A simStep is a transactional step in a commit: it becomes the message with its
// result.
type simStep struct {
	w    *journal.Transact
	post *journal.Post
	row  string
}

// rows is what a transactional step writes to.
type rowsKey struct{}

// transact calls the steps among the writes.
func (h *simStore) transact(writes []journal.Write) (out []journal.Write, steps []*simStep) {
	for _, w := range writes {
		w, ok := w.(*journal.Transact)
		if !ok {
			continue
		}
		s := &simStep{w: w}
		steps = append(steps, s)
		data, err := w.Do(context.WithValue(context.Background(), rowsKey{}, &s.row), nil)
		journal.Refuse(w, err)
		if err == nil {
			m := resultMessage(journal.ActivityCompleted, w.Op, w.Name, data)
			m.At = w.At
			s.post = &journal.Post{Run: w.Run, Fence: w.Fence, Message: m}
		}
	}
	if steps == nil {
		return writes, nil
	}
	next := 0
	for _, w := range writes {
		if _, ok := w.(*journal.Transact); !ok {
			out = append(out, w)
			continue
		}
		if s := steps[next]; s.post != nil {
			out = append(out, s.post)
		}
		next++
	}
	return out, steps
}

// settle keeps the row that the step has written, if it was carried out.
func (s *simStep) settle(d *simDisk) {
	if s.post == nil {
		return
	}
	journal.Refuse(s.w, s.post.Err)
	if s.post.Err == nil {
		d.rows[s.row]++
	}
}
