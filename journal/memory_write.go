package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

var errNotJoined = fmt.Errorf("this process has not joined: %w", ErrFenced)

// write carries out one write or refuses it. Each of the functions below checks
// everything before it changes anything.
func (s *MemoryStore) write(w Write) {
	Refuse(w, nil)
	if err := s.carryOut(w); err != nil {
		Refuse(w, err)
	}
}

func (s *MemoryStore) carryOut(w Write) error {
	switch w := w.(type) {
	case *Create:
		return s.create(w)
	case *Append:
		return s.append(w)
	case *Post:
		return s.post(w)
	case *Discard:
		return s.discard(w)
	case *Claim:
		return s.claim(w)
	case *Release:
		s.release(w)
		return nil
	case *Stick:
		return s.stick(w)
	case *Resume:
		return s.resume(w)
	case *Terminate:
		return s.terminate(w)
	case *Progress:
		return s.heartbeat(w)
	case *Transact:
		return fmt.Errorf("step %q of run %d: %w", w.Name, w.Run, ErrNoTx)
	}
	return fmt.Errorf("an unknown kind of write: %T", w)
}

func (s *MemoryStore) create(c *Create) error {
	d := &s.m.disk
	c.Key, c.Existing = 0, Run{}
	id := c.ID
	if id == "" {
		id = c.ULID
	}
	if c.Own && s.process == 0 {
		return fmt.Errorf("creating run %q: %w", id, errNotJoined)
	}
	inTheWay := d.byULID[c.ULID]
	if r := d.named(id); inTheWay == nil && r != nil && !r.Status.Closed() {
		inTheWay = r
	}
	if inTheWay != nil {
		c.Existing = s.view(inTheWay)
		return s.exists(c, id)
	}
	s.sign(c.At)
	r := &memRun{keys: map[string]int64{}, progress: map[int64]json.RawMessage{}, Run: Run{
		Key: int64(len(d.runs)) + 1, ULID: c.ULID, ID: id, Workflow: c.Workflow,
		Status: StatusOpen, Phase: cmp.Or(c.Phase, Queued), Origin: c.Origin,
		Parent: c.Parent, ParentOp: c.ParentOp, Created: stored(c.At), LastAt: stored(c.At), LastSum: Root(c.ULID),
	}}
	if c.Own {
		r.Owner, r.Fence = s.process, 1
	}
	d.add(r)
	c.Key = r.Key
	if c.Input != nil {
		d.put(r, &Message{Kind: StartMessage, Data: c.Input, At: c.At})
	}
	return nil
}

// exists refuses a Create, or tells the parent.
func (s *MemoryStore) exists(c *Create, id string) error {
	if c.TellParent == nil {
		return fmt.Errorf("creating run %q: %w", id, ErrExists)
	}
	s.m.disk.tell(c.Parent, *c.TellParent)
	return nil
}

// owned returns the run if this process may append to it. The order of the
// refusals is that of the port.
func (s *MemoryStore) owned(key, fence int64) (*memRun, error) {
	r := s.m.disk.run(key)
	switch {
	case r == nil:
		return nil, fmt.Errorf("run %d: %w", key, ErrNoRun)
	case r.Status.Closed():
		return nil, fmt.Errorf("run %d: %w", key, ErrClosed)
	case r.Status == StatusStuck:
		return nil, fmt.Errorf("run %d: %w", key, ErrStuck)
	case s.process == 0 || r.Owner != s.process || r.Fence != fence:
		return nil, fmt.Errorf("run %d: %w", key, ErrFenced)
	}
	return r, nil
}

// made is owned for a run that an earlier write of the same commit may have
// made: then it fills in its key.
func (s *MemoryStore) made(by *Create, key *int64, fence int64) (*memRun, error) {
	if by != nil {
		if by.Key == 0 {
			return nil, fmt.Errorf("run %q was not created: %w", by.ID, cmp.Or(by.Err, ErrExists))
		}
		*key = by.Key
	}
	return s.owned(*key, fence)
}

// sign notes a sign of life.
func (s *MemoryStore) sign(at time.Time) {
	if s.process != 0 && at.After(s.m.disk.signs[s.process]) {
		s.m.disk.signs[s.process] = stored(at)
	}
}
