package engine

import (
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A releaser lets out the effects of what is on disk, group after group: while
// it does so the committer is writing the next one. Whoever has written a group
// and finds nobody releasing becomes the one that does, so a single run pays for
// no hand-over here either. All of it but after is guarded by committer.mu.
type releaser struct {
	releasing bool     // somebody is in releaseLoop, or will be
	groups    []*group // on disk; their effects have not left
	spare     []*group // used up, for the next ones
	after     Task     // what the releaser does when it is done; only it uses this
}

// add queues a group. It reports whether somebody has to be found who releases.
func (r *releaser) add(g *group) (lead bool) {
	lead, r.releasing = !r.releasing, true
	r.groups = append(r.groups, g)
	return lead
}

// first takes the next group out of the queue; nil if there is none.
func (r *releaser) first() (g *group) {
	if len(r.groups) > 0 {
		g = r.groups[0]
		r.groups = append(r.groups[:0], r.groups[1:]...)
	}
	return g
}

// revoke cancels transactional steps that were given up in a turn of the group. It
// does not wait for the releaser: the next group may be about to execute them.
func (g *group) revoke() {
	for i := range g.entries {
		t := g.entries[i].turn
		if t == nil || t.append.Err != nil {
			continue
		}
		for _, f := range t.effects {
			if f.kind == effectCancel && f.op.kind == journal.RunTx && !f.op.gaveUp {
				t.r.e.cancelAttempt(attemptKey{t.append.Run, f.op.number}, host.ErrCanceled)
			}
		}
	}
}

// room returns an empty group.
func (r *releaser) room() *group {
	last := len(r.spare) - 1
	if last < 0 {
		return new(group)
	}
	g := r.spare[last]
	r.spare = r.spare[:last]
	return g
}

// recycle keeps the memory of a group, and of its turns; those that were refused
// may be in use.
func (r *releaser) recycle(g *group) {
	for i := range g.entries {
		if t := g.entries[i].turn; t != nil && t.append.Err == nil {
			t.recycle()
		}
	}
	clear(g.entries)
	clear(g.writes)
	g.entries, g.writes = g.entries[:0], g.writes[:0]
	r.spare = append(r.spare, g)
}

// releaseLoop lets effects out until there are none left. The last task that
// they gave it is the next one.
func (e *Engine) releaseLoop() (next Task) {
	defer e.busy(-1)
	c := &e.committer
	for {
		c.mu.Lock()
		g := c.first()
		if g == nil {
			next, c.after = c.after, nil
			c.releasing = false
			c.quiet.Broadcast()
			c.mu.Unlock()
			return next
		}
		c.mu.Unlock()
		for i := range g.entries {
			g.entries[i].succeed()
		}
		e.tell(journal.TurnReleased, g.writes)
		c.mu.Lock()
		c.recycle(g)
		c.mu.Unlock()
	}
}

// follow runs a task that the release of a turn has led to. The last one is the
// releaser's own next.
func (e *Engine) follow(task Task) {
	if task != nil {
		e.start(e.committer.after)
		e.committer.after = task
	}
}
