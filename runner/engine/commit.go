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
	quiet   *sync.Cond
	releaser
}

// A group is what one transaction takes.
type group struct {
	entries []entry
	writes  []journal.Write // theirs
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

// commitLoop writes groups until there is nothing left to write. It lets the
// effects of the last one out itself, unless somebody else is about to.
func (e *Engine) commitLoop() (next Task) {
	c := &e.committer
	defer e.busy(-1)
	for {
		g := c.take()
		if g == nil {
			return nil
		}
		e.tell(journal.TurnBefore, g.writes)
		err := e.store.Commit(g.writes...)
		switch {
		case err == nil:
			e.unpause()
			e.tell(journal.TurnAfter, g.writes)
			g.revoke()
			release, last := c.written(g)
			if release {
				e.busy(1) // until releaseLoop ends
			}
			switch {
			case last && release:
				return e.releaseLoop()
			case last:
				return nil
			case release:
				e.sched.Go(e.releaseLoop) // while the next group is on its way
			}
		case errors.Is(err, journal.ErrFull), errors.Is(err, journal.ErrHeld):
			e.pause(g.entries, err)
			return nil
		default:
			c.abandon(g.entries, err)
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
func (c *committer) take() *group {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), groupSize)
	if n == 0 || c.stopped != nil {
		c.letGo()
		return nil
	}
	g := c.room()
	for i := range c.queue[:n] {
		g.entries = append(g.entries, c.queue[i])
		g.writes = append(g.writes, c.queue[i].writes...)
	}
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	return g
}

// written notes that the group is on disk. If release is set the caller sees to
// it that its effects leave: nobody else does. If last is set nothing else is
// queued, and the caller is the committer no longer.
func (c *committer) written(g *group) (release, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	release, last = c.add(g), len(c.queue) == 0
	if last {
		c.letGo()
	}
	return release, last
}

// letGo makes room for another committer. The caller holds mu.
func (c *committer) letGo() {
	c.busy = false
	c.quiet.Broadcast()
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
	e.busy(1) // until the next try has ended
	e.mu.Lock()
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

// flush waits until nothing is queued, or work is paused, and what was written has
// been told.
func (e *Engine) flush() {
	c := &e.committer
	c.mu.Lock()
	defer c.mu.Unlock()
	e.await(context.Background(), c.quiet, func() bool { return (!c.busy || c.paused) && !c.releasing })
}
