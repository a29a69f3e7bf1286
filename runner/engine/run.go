package engine

import (
	"cmp"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A run is one workflow run that this process owns and keeps in memory. Whoever
// has driving set is its driver; at most one goroutine at a time is.
type run struct {
	e        *Engine
	info     host.Info
	fn       host.WorkflowFunc
	parent   int64 // the run that started it; 0 if none
	parentOp int64

	mu      sync.Mutex
	key     int64 // 0 until the commit that creates it
	fence   int64
	queue   []input
	room    [1]input // where a queue of one lies
	driving bool
	gone    bool           // not this process's any more, or ended: nothing more is done
	stuck   bool           // on its way to be: nothing more is taken
	unsaved int            // turns that are not on disk yet
	last    *turn          // the newest of them, or of those that were refused
	stale   bool           // a commit was refused: the execution is ahead of the disk and must be rebuilt
	redo    []input        // what the refused turns had taken
	refused int            // how often its end was, see refusals
	crowded bool           // a straight signal was refused
	posts   int            // signals on their way from here to the inbox
	asked   bool           // an inputInbox is queued
	beaten  map[int64]bool // operations with a recorded heartbeat
	idle    *idler         // its place among the runs that only wait; nil if it is not there
	weight  int            // in that place

	timers map[int64]*deadline // by operation; guarded by Engine.clock

	// What follows belongs to the driver.
	driver  Task            // drive
	create  *journal.Create // until the first turn
	starter func(error)     // told the outcome of create
	x       *execution      // nil: to be rebuilt from the journal
	seq     int64           // of the last event, on disk or on its way there
	sum     uint32          // its checksum
	phase   journal.Phase   // as the last append on its way will leave it
	seen    int64           // the last inbox message taken
	taken   input           // the last input

	since   atomic.Int64 // when the driver entered workflow code, in ns since 1970; 0: it is not there
	suspect atomic.Bool  // it is tried apart from others, see suspects
}

// byKey orders runs.
func byKey(a, b *run) int { return cmp.Compare(a.key, b.key) }

// feed queues inputs and sees to it that somebody drives the run. It reports
// whether the run is still there to take them.
func (r *run) feed(in ...input) bool {
	drive, ok := r.push(in...)
	r.e.start(drive)
	return ok
}

// push is feed for those who can return the driver as their next task; nil if
// there is one already.
func (r *run) push(in ...input) (drive Task, ok bool) {
	begin, ok := r.put(in...)
	if begin {
		r.e.busy(1)
		drive = r.driver
	}
	return drive, ok
}

// put queues inputs, unless the run has left memory. If begin is set the caller
// has become the driver.
func (r *run) put(in ...input) (begin, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return false, false
	}
	r.queue = append(r.queue, in...)
	begin, r.driving = !r.driving, true
	return begin, true
}

// look makes the driver read the inbox.
func (r *run) look() {
	r.mu.Lock()
	if r.asked || r.gone || r.key == 0 {
		r.mu.Unlock()
		return
	}
	r.asked = true
	r.mu.Unlock()
	r.feed(input{kind: inputInbox})
}

// drop takes the run out of this process: it has ended, is stuck, or belongs to
// somebody else.
func (r *run) drop(why error) { r.e.start(r.goes(why)) }

// goes is drop for those who can run the driver, which closes the execution, as
// a task of their own. If there is a driver it notices by itself.
func (r *run) goes(why error) (drive Task) {
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return nil
	}
	r.gone = true
	key, begin := r.key, !r.driving
	r.driving = true
	r.mu.Unlock()

	ended := errors.Is(why, host.ErrCanceled) || errors.Is(why, journal.ErrClosed)
	r.e.forget(r, key, ended)
	if why != nil {
		r.e.cancelAttempts(key, why)
	} else {
		r.e.unqueue(key)
	}
	if begin {
		r.e.busy(1)
		drive = r.driver
	}
	return drive
}
