package peer

import (
	"slices"
	"time"
)

// A pace is how often watch looks.
type pace struct {
	soon  time.Duration // after a change; then twice that, and so on
	usual time.Duration // in the end
	alone time.Duration // if no other member is known: for one that did not connect
}

var usualPace = pace{soon: 8 * time.Millisecond, usual: 1 * time.Second, alone: 5 * time.Second}

const (
	confirmUntil = 256 * time.Millisecond // the longest wait for a lock after the end of its owner's connection
)

// watch is the net under the connections: it finds members that came or went
// without one.
func (h *hub) watch() {
	pace := h.dir.pace
	for wait := pace.alone; ; {
		longest := pace.usual
		if h.alone() {
			longest = pace.alone
		}
		wait = min(wait, longest)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
			h.scan()
			wait *= 2
		case <-h.stirred:
			wait = pace.soon
		case <-h.ctx.Done():
			t.Stop()
			return
		}
		t.Stop()
	}
}

// stir has watch look soon.
func (h *hub) stir() {
	select {
	case h.stirred <- struct{}{}:
	default:
	}
}

// scan compares what is known with the lock files, and connects to who lives.
func (h *hub) scan() {
	tokens, err := h.dir.tokens()
	if err != nil {
		return // the next scan may do better
	}
	for _, token := range h.concerned(tokens) {
		if h.dir.nascent(token) {
			continue // it will find us
		}
		switch alive, _, err := h.dir.Alive(token); {
		case err != nil: // it is as it was
		case alive:
			h.meet(token)
			_, _ = h.reach(token)
		default:
			h.bury(token)
		}
	}
}

// concerned returns the other members that have a lock file, and those without
// that are believed to live. The dead without are forgotten: they cannot be met
// again.
func (h *hub) concerned(tokens []string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for token, alive := range h.known {
		switch {
		case slices.Contains(tokens, token):
		case alive:
			tokens = append(tokens, token)
		default:
			delete(h.known, token)
		}
	}
	return slices.DeleteFunc(tokens, func(token string) bool { return token == h.token })
}

// confirm asks the kernel whether a member whose connection ended is gone. Its
// lock may become free a moment after its socket did. If it lives on, watch will
// connect again.
func (h *hub) confirm(token string) {
	for wait := time.Millisecond; wait <= confirmUntil; wait *= 2 {
		if alive, _, err := h.dir.Alive(token); err == nil && !alive {
			h.bury(token)
			return
		}
		if !h.pause(wait) {
			return
		}
	}
}

// meet notes that a member is alive.
func (h *hub) meet(token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.known[token]; known {
		return // also if it is dead by now, and was alive when asked
	}
	h.known[token] = true
	h.alive++
	h.count()
	h.stir()
}

// bury notes that a member is dead, and tells of it once, also if it was so
// quickly that nobody has met it.
func (h *hub) bury(token string) {
	h.mu.Lock()
	alive, met := h.known[token]
	h.known[token] = false
	if alive {
		h.alive--
		h.count()
	}
	h.mu.Unlock()
	if (alive || !met) && h.ctx.Err() == nil {
		h.handler.Died()
	}
}

// alone reports whether no other member is known to live.
func (h *hub) alone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alive == 0
}
