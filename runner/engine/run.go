package engine

import (
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
	driving bool
	gone    bool           // not this process's any more, or ended: nothing more is done
	unsaved int            // turns that are not on disk yet
	last    *turn          // the newest of them
	stale   bool           // a commit was refused: the execution is ahead of the disk and must be rebuilt
	redo    []input        // what the refused turns had taken
	asked   bool           // an inputInbox is queued
	beaten  map[int64]bool // operations with a recorded heartbeat
	idle    *idler         // its place among the runs that only wait; nil if it is not there

	timers map[int64]*deadline // by operation; guarded by Engine.clock

	// What follows belongs to the driver.
	create  *journal.Create // until the first turn
	starter func(error)     // told the outcome of create
	x       *execution      // nil: to be rebuilt from the journal
	seq     int64           // of the last event, on disk or on its way there
	sum     uint32          // its checksum
	phase   journal.Phase   // as the last append on its way will leave it
	seen    int64           // the last inbox message taken
	taken   input           // the last input

	since   atomic.Int64 // when the driver entered workflow code, in ns since 1970; 0: it is not there
	suspect bool         // its step has been under way at a crash before
}

// feed queues inputs and sees to it that somebody drives the run.
func (r *run) feed(in ...input) {
	if drive := r.push(in...); drive != nil {
		r.e.sched.Go(drive)
	}
}

// push is feed for those who can return the driver as their next task; nil if
// there is one already.
func (r *run) push(in ...input) (drive Task) {
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return nil
	}
	r.queue = append(r.queue, in...)
	begin := !r.driving
	r.driving = true
	r.mu.Unlock()
	if !begin {
		return nil
	}
	r.e.busy(1)
	return r.drive
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

// drive takes inputs until there are none. The next task is to commit what that
// gave, if nobody else is committing.
func (r *run) drive() (commit Task) {
	finished := false
	defer func() {
		if !finished { // workflow code called runtime.Goexit, which takes this goroutine along
			r.e.sched.Go(func() Task { return r.escaped(commit) })
		}
	}()
	for {
		in, ok := r.take()
		if !ok {
			break
		}
		if commit != nil { // more to do here: let another goroutine commit what there is
			r.e.sched.Go(commit)
			commit = nil
		}
		r.taken = in
		commit = r.handle(in)
	}
	finished = true
	r.e.busy(-1)
	return commit
}

// take returns the next input; if there is none to be taken now the caller is
// the driver no longer.
func (r *run) take() (in input, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale && r.unsaved == 0 && !r.gone {
		r.rebuild()
	}
	blocked := r.stale || r.x != nil && r.x.ended && r.unsaved > 0
	if r.gone || blocked || len(r.queue) == 0 {
		r.driving = false
		if r.gone {
			r.leaveMemory()
		}
		return input{}, false
	}
	in = r.queue[0]
	r.queue = r.queue[1:]
	if in.kind == inputInbox {
		r.asked = false
	}
	return in, true
}

// leaveMemory unwinds the workflow. The caller holds mu and is the driver.
func (r *run) leaveMemory() {
	for _, in := range r.queue {
		if in.query != nil {
			in.query.fail(errGone)
		}
	}
	r.queue = nil
	if r.x != nil {
		r.e.sched.Go(leaf(r.x.close))
		r.x = nil
	}
}

// rebuild forgets everything that is not on disk, but for the inputs: results
// exist nowhere else. Messages will be read from the inbox again. The caller
// holds mu and is the driver.
func (r *run) rebuild() {
	var keep []input
	for _, in := range append(r.redo, r.queue...) {
		if in.kind != inputMessage && in.kind != inputInbox {
			keep = append(keep, in)
		}
	}
	if len(keep) == 0 {
		keep = []input{{kind: inputInbox}}
	}
	r.queue, r.redo, r.stale = keep, nil, false
	if r.x != nil {
		r.e.sched.Go(leaf(r.x.close))
		r.x = nil
	}
}

// escaped goes on after workflow code has ended its goroutine by itself.
func (r *run) escaped(commit Task) Task {
	if r.x != nil && r.x.broken == nil {
		for _, c := range r.x.coroutines {
			if c.crash != nil {
				r.x.broken = c.crash
			}
		}
	}
	r.leave()
	if stick := r.stick(&brokenError{event: r.seq, crash: r.x.broken}, &r.taken); stick != nil {
		commit = stick // there is only one committer
	}
	if commit != nil {
		r.e.sched.Go(commit)
	}
	return r.drive
}

// drop takes the run out of this process: it has ended, is stuck, or belongs to
// somebody else. Its driver, if there is one, notices.
func (r *run) drop(why error) {
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return
	}
	r.gone = true
	key, begin := r.key, !r.driving
	r.driving = true
	r.mu.Unlock()

	r.e.forget(r, key)
	if why != nil {
		r.e.cancelAttempts(key, why)
	}
	if begin {
		r.e.busy(1)
		r.e.sched.Go(r.drive) // closes the execution
	}
}
