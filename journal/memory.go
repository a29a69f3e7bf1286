package journal

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// A Memory is a journal without a file: the disk of tests and simulations. It
// behaves like any other journal, except that it has no transactional steps,
// and it can be made to fail on purpose. It is deterministic: it starts no
// goroutine, reads no clock and has no order that depends on chance. Everything
// that is put in is copied, and copied again on the way out, so nobody holds a
// piece of it. Safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	disk    disk
	handles []*MemoryStore // open ones, in the order they were opened
	inject  func(*MemoryStore, []Write) Fault
	deliver func(to *MemoryStore, notice func())
}

// disk is what survives every process.
type disk struct {
	runs        []*memRun          // run number k is at k-1
	byULID      map[string]*memRun //
	byID        map[string][]*memRun
	lastMessage int64               // ids are never used again
	lastProcess int64               // likewise
	signs       map[int64]time.Time // by process: the latest time it committed anything with
}

// memRun is everything about one run. Its embedded row has neither Live, Self
// nor Inbox, which depend on who asks.
type memRun struct {
	Run
	events   []Event
	inbox    []Message
	keys     map[string]int64 // every message key seen, with the id of its message
	timers   []Timer
	progress map[int64]json.RawMessage
	crashes  []Crash
	under    []int64 // the process that died, of each of them
	hard     int     // crashes in a row, and
	eased    int     // those of them after which new progress was recorded
}

// NewMemory returns an empty journal.
func NewMemory() *Memory {
	return &Memory{disk: disk{
		byULID: map[string]*memRun{},
		byID:   map[string][]*memRun{},
		signs:  map[int64]time.Time{},
	}}
}

// Open returns a handle: what one process holds of the journal.
func (m *Memory) Open() *MemoryStore {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &MemoryStore{m: m, changed: make(chan struct{}, 1)}
	m.handles = append(m.handles, s)
	return s
}

// Clone returns what another machine would find on a copy of the disk: all that
// is committed, and no process alive.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMemory()
	c.disk.lastMessage, c.disk.lastProcess = m.disk.lastMessage, m.disk.lastProcess
	for k, v := range m.disk.signs {
		c.disk.signs[k] = v
	}
	for _, r := range m.disk.runs {
		c.disk.add(r.clone())
	}
	return c
}

// Restore makes the disk what it was when from was cloned from it, as one does
// that had not kept what it said it had. Handles stay open, and the number of a
// process is never used again all the same.
func (m *Memory) Restore(from *Memory) {
	c := from.Clone()
	m.mu.Lock()
	defer m.mu.Unlock()
	c.disk.lastProcess = m.disk.lastProcess
	m.disk = c.disk
}

// Inject has f called before each Commit of any handle, to say what becomes of
// it; nil stops that. f is called without locks held and may use m, but for
// committing to it.
func (m *Memory) Inject(f func(s *MemoryStore, writes []Write) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inject = f
}

// Deliver has f called with every call of a method of a joined Peer, so that a
// simulation can decide when it is made: f, or somebody later, calls notice.
// Without it, or with nil, notices are made at once, by the goroutine that
// caused them.
func (m *Memory) Deliver(f func(to *MemoryStore, notice func())) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deliver = f
}

// Corrupt lets change do as it likes with a committed event, as a damaged disk
// would; it reports whether there is such an event.
func (m *Memory) Corrupt(run, seq int64, change func(*Event)) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.disk.run(run)
	if r == nil || seq < 1 || seq > int64(len(r.events)) {
		return false
	}
	e := r.events[seq-1].clone()
	change(&e)
	r.events = slices.Clone(r.events) // a Clone of the journal may share them
	r.events[seq-1] = e
	return true
}

func (d *disk) run(key int64) *memRun {
	if key < 1 || key > int64(len(d.runs)) {
		return nil
	}
	return d.runs[key-1]
}

func (d *disk) add(r *memRun) {
	d.runs = append(d.runs, r)
	d.byULID[r.ULID] = r
	d.byID[r.ID] = append(d.byID[r.ID], r)
}

// named returns the run that an id names: an unfinished one, or else the newest.
func (d *disk) named(id string) *memRun {
	rs := d.byID[id]
	for _, r := range rs {
		if !r.Status.Closed() {
			return r
		}
	}
	if len(rs) == 0 {
		return nil
	}
	return rs[len(rs)-1]
}

// child returns the newest run that operation op of parent started.
func (d *disk) child(parent, op int64) *memRun {
	for _, r := range slices.Backward(d.runs) {
		if r.Parent == parent && r.ParentOp == op {
			return r
		}
	}
	return nil
}

func (r *memRun) clone() *memRun {
	c := *r
	c.events = slices.Clip(r.events) // committed events do not change; a further one finds no room to share
	c.inbox = slices.Clone(r.inbox)
	c.timers = slices.Clone(r.timers)
	c.crashes, c.under = slices.Clone(r.crashes), slices.Clone(r.under)
	c.keys = map[string]int64{}
	for k, v := range r.keys {
		c.keys[k] = v
	}
	c.progress = map[int64]json.RawMessage{}
	for k, v := range r.progress {
		c.progress[k] = v
	}
	return &c
}

func (e Event) clone() Event {
	e.At = stored(e.At)
	e.Data, e.Note, e.Commands = slices.Clone(e.Data), slices.Clone(e.Note), slices.Clone(e.Commands)
	return e
}

func (m Message) clone() Message {
	m.At = stored(m.At)
	m.Data = slices.Clone(m.Data)
	return m
}

// stored is t as it comes back from a disk: nanoseconds in UTC.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.Unix(0, t.UnixNano()).UTC()
}
