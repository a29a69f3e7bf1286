package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// groupSize bounds how many entries one transaction takes.
const groupSize = 1000

// pauseRetry is how long the committer waits before it tries again when the disk
// is full, or another process holds the file.
const pauseRetry = 250 * time.Millisecond

// A committer gathers what all runs want written while the last group is on its
// way to the disk, and writes it in one transaction. Whoever finds it idle
// becomes the one that commits, so a single run pays for no hand-over.
type committer struct {
	mu      sync.Mutex
	queue   []entry
	busy    bool  // somebody is in commitLoop, or will be
	paused  bool  // the disk is full, or the file held: the loop tries again later
	stopped error // nothing is written any more
	after   Task  // what the committer does when it is done; only it uses this
	quiet   *sync.Cond
}

// An entry is what belongs together: its writes are in one group, and its turn or
// done is told once they are on disk, in the order of the queue.
type entry struct {
	writes []journal.Write
	turn   *turn       // whose these are; else:
	done   func()      // may be nil
	failed func(error) // instead of done, if nothing of the entry was written and never will be; may be nil
}

func (n *entry) succeed() {
	switch {
	case n.turn != nil:
		n.turn.committed()
	case n.done != nil:
		n.done()
	}
}

func (n *entry) fail(err error) {
	switch {
	case n.turn != nil:
		n.turn.abandoned(err)
	case n.failed != nil:
		n.failed(err)
	}
}

// enqueue adds writes to the next group. If it returns the committer the caller
// must start it: nobody else will. done may be nil.
func (e *Engine) enqueue(done func(), writes ...journal.Write) (commit Task) {
	return e.enter(entry{writes: writes, done: done})
}

func (e *Engine) enter(n entry) (commit Task) {
	c := &e.committer
	c.mu.Lock()
	stopped, lead := c.stopped, !c.busy && c.stopped == nil
	if stopped == nil {
		c.queue = append(c.queue, n)
		c.busy = true
	}
	c.mu.Unlock()
	switch {
	case stopped != nil:
		e.sched.Go(leaf(func() { n.fail(stopped) }))
	case lead:
		e.busy(1) // until commitLoop ends; Engine.mu is taken before committer.mu elsewhere
		return e.commitLoop
	}
	return nil
}

// commitLoop writes groups until there is nothing left to write. The last attempt
// that the last group let out is the next task.
func (e *Engine) commitLoop() (next Task) {
	c := &e.committer
	defer e.busy(-1)
	var group []entry
	var writes []journal.Write
	for {
		next, c.after = c.after, nil
		group = c.take(group)
		if len(group) == 0 {
			return next
		}
		e.start(next)
		writes = writes[:0]
		for i := range group {
			writes = append(writes, group[i].writes...)
		}
		e.tell(journal.TurnBefore, writes)
		err := e.store.Commit(writes...)
		switch {
		case err == nil:
			e.unpause()
			e.tell(journal.TurnAfter, writes)
			for i := range group {
				group[i].succeed()
			}
			e.tell(journal.TurnReleased, writes)
			clear(writes)
		case errors.Is(err, journal.ErrFull), errors.Is(err, journal.ErrHeld):
			e.pause(group, err)
			return nil
		default:
			c.abandon(group, err)
			e.fail(err)
			return nil
		}
	}
}

// start runs a task, if it is one.
func (e *Engine) start(task Task) {
	if task != nil {
		e.sched.Go(task)
	}
}

// take gives the next group to the committer, or lets it go.
func (c *committer) take(old []entry) []entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(old)
	n := min(len(c.queue), groupSize)
	group := append(old[:0], c.queue[:n]...)
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	if n == 0 || c.stopped != nil {
		c.busy = false
		c.quiet.Broadcast()
		return nil
	}
	return group
}

// pause keeps everything as it is until the store takes it: workflows wait,
// nothing fails, nothing is acknowledged.
func (e *Engine) pause(group []entry, err error) {
	c := &e.committer
	c.mu.Lock()
	first := !c.paused
	c.paused = true
	c.queue = append(append([]entry(nil), group...), c.queue...)
	c.quiet.Broadcast()
	c.mu.Unlock()
	if first {
		e.log().Error("work pauses until it can be recorded", "error", err)
	}
	e.mu.Lock()
	e.working++        // until the next try has ended
	e.calm.Broadcast() // nobody waits for a paused committer, see grant
	e.mu.Unlock()
	e.sched.After(pauseRetry, e.commitLoop)
}

func (e *Engine) unpause() {
	c := &e.committer
	c.mu.Lock()
	again := c.paused
	c.paused = false
	c.mu.Unlock()
	if again {
		e.log().Info("work goes on")
	}
}

// abandon tells everybody who waits that nothing will be written any more.
func (c *committer) abandon(group []entry, err error) {
	c.mu.Lock()
	all := append(append([]entry(nil), group...), c.queue...)
	c.queue, c.stopped, c.busy = nil, err, false
	c.quiet.Broadcast()
	c.mu.Unlock()
	for i := range all {
		all[i].fail(err)
	}
}

// flush waits until nothing is queued, or work is paused.
func (e *Engine) flush() {
	c := &e.committer
	c.mu.Lock()
	defer c.mu.Unlock()
	e.await(context.Background(), c.quiet, func() bool { return !c.busy || c.paused })
}
