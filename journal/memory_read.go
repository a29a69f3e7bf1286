package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// readable refuses a read if the handle is no good or nobody waits for the
// answer.
func (s *MemoryStore) readable(ctx context.Context) error {
	if s.state != nil {
		return fmt.Errorf("reading: %w", s.state)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// view is r's row as this process sees it.
func (s *MemoryStore) view(r *memRun) Run {
	v := r.Run
	if v.Status != StatusOpen {
		v.Phase = ""
	}
	v.Problem = slices.Clone(v.Problem)
	v.Live = s.m.process(v.Owner) != nil
	v.Self = v.Owner != 0 && v.Owner == s.process
	v.Inbox = len(r.inbox)
	return v
}

// Run implements Store.
func (s *MemoryStore) Run(ctx context.Context, ref Ref) (Run, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return Run{}, err
	}
	var r *memRun
	var name any
	switch {
	case ref.Key != 0:
		r, name = s.m.disk.run(ref.Key), ref.Key
	case ref.ULID != "":
		r, name = s.m.disk.byULID[ref.ULID], ref.ULID
	default:
		r, name = s.m.disk.named(ref.ID), ref.ID
	}
	if r == nil {
		return Run{}, fmt.Errorf("run %v: %w", name, ErrNoRun)
	}
	return s.view(r), nil
}

// Runs implements Store.
func (s *MemoryStore) Runs(ctx context.Context, f Filter) ([]Run, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return nil, err
	}
	var found []Run
	for _, r := range slices.Backward(s.m.disk.runs) {
		if f.Limit > 0 && len(found) == f.Limit {
			break
		}
		if f.admits(&r.Run) {
			found = append(found, s.view(r))
		}
	}
	return found, nil
}

func (f *Filter) admits(r *Run) bool {
	return (f.Status == nil || slices.Contains(f.Status, r.Status)) &&
		(f.Workflow == "" || f.Workflow == r.Workflow) &&
		(f.Origin == "" || f.Origin == r.Origin) &&
		(f.Parent == 0 || f.Parent == r.Parent) &&
		(f.Since.IsZero() || !r.Created.Before(f.Since)) &&
		(f.Suffix == "" || len(f.Suffix) >= 4 && (ends(r.ULID, f.Suffix) || ends(r.ID, f.Suffix)))
}

// ends reports whether name begins or ends with part.
func ends(name, part string) bool {
	return strings.HasPrefix(name, part) || strings.HasSuffix(name, part)
}

// History implements Store.
func (s *MemoryStore) History(ctx context.Context, run, after int64, limit int) ([]Event, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return nil, err
	}
	r := s.m.disk.run(run)
	if r == nil || after >= int64(len(r.events)) {
		return nil, nil
	}
	part := r.events[max(after, 0):]
	if limit > 0 && limit < len(part) {
		part = part[:limit]
	}
	es := make([]Event, len(part))
	for i := range part {
		es[i] = part[i].clone()
	}
	return es, nil
}

// Inbox implements Store.
func (s *MemoryStore) Inbox(ctx context.Context, run, after int64) ([]Message, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return nil, err
	}
	r := s.m.disk.run(run)
	if r == nil {
		return nil, nil
	}
	var ms []Message
	for _, m := range r.inbox {
		if m.ID > after {
			ms = append(ms, m.clone())
		}
	}
	return ms, nil
}

// Details implements Store.
func (s *MemoryStore) Details(ctx context.Context, run int64) (Details, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return Details{}, err
	}
	d := Details{Progress: map[int64]json.RawMessage{}}
	r := s.m.disk.run(run)
	if r == nil {
		return d, nil
	}
	for op, data := range r.progress {
		d.Progress[op] = slices.Clone(data)
	}
	d.Timers = slices.Clone(r.timers)
	slices.SortFunc(d.Timers, CompareTimers)
	d.Crashes = slices.Clone(r.crashes)
	return d, nil
}

// CompareTimers orders timers by deadline, then by operation and attempt.
func CompareTimers(a, b Timer) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Attempt, b.Attempt))
}

// Work implements Store.
func (s *MemoryStore) Work(ctx context.Context, workflows []string, now time.Time, limit int) (due []int64, next time.Time, err error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if err := s.readable(ctx); err != nil {
		return nil, time.Time{}, err
	}
	for _, r := range s.m.disk.runs {
		if r.Status != StatusOpen || !slices.Contains(workflows, r.Workflow) {
			continue
		}
		if owner := s.m.process(r.Owner); owner != nil && owner != s {
			continue
		}
		work := r.Phase == Queued || r.Phase == Running || len(r.inbox) > 0
		for _, t := range r.timers {
			if !t.Due.After(now) {
				work = true
			} else if next.IsZero() || t.Due.Before(next) {
				next = t.Due
			}
		}
		if work && (limit <= 0 || len(due) < limit) {
			due = append(due, r.Key)
		}
	}
	return due, next, nil
}
