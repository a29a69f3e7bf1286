package peer

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
)

// Nudge tells the member, or all other live members if token is "", that
// something was committed for the run. It does not wait for anybody, and what
// cannot be delivered at once is dropped. A member does not nudge itself.
func (d *Dir) Nudge(token string, run int64) {
	h := d.hub()
	if h == nil || token != "" && (token == h.token || !isToken(token)) {
		return
	}
	switch {
	case token != "":
		h.nudge(token, run)
	case h.token != "":
		h.nudgeKnown(run)
	default:
		tokens, _ := d.tokens()
		for _, token := range tokens {
			h.nudge(token, run)
		}
	}
}

// nudge tells one member. One that is known to live but has no connection is
// not dialed each time: watch does that.
func (h *hub) nudge(token string, run int64) {
	h.mu.Lock()
	l, known := h.links[token], h.known[token]
	h.mu.Unlock()
	if l == nil && !known {
		l, _ = h.reach(token)
	}
	if l != nil {
		l.post(frame{kind: nudge, id: run})
	}
}

// nudgeKnown tells all members there is a connection to.
func (h *hub) nudgeKnown(run int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.links {
		l.post(frame{kind: nudge, id: run})
	}
}

// Call asks another member and returns its answer; each is at most MaxMessage
// bytes. ErrUnreachable if the member is gone, does not listen, or ends the
// connection; a RemoteError if it answers with an error; else ctx's error. A
// stopped process does not answer: give ctx an end.
func (d *Dir) Call(ctx context.Context, token string, question []byte) ([]byte, error) {
	reply, err := d.call(ctx, token, question)
	if err != nil {
		return nil, fmt.Errorf("ask member %s: %w", token, err)
	}
	return reply, nil
}

func (d *Dir) call(ctx context.Context, token string, question []byte) ([]byte, error) {
	if !isToken(token) {
		return nil, ErrToken
	}
	if len(question) > MaxMessage {
		return nil, fmt.Errorf("the question is too long: %d bytes of %d", len(question), MaxMessage)
	}
	h := d.hub()
	if h == nil {
		return nil, os.ErrClosed
	}
	if token == h.token {
		return h.handler.Called(ctx, question)
	}
	l, err := h.reach(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return l.call(ctx, question)
}

// Announce lets the members know that this process, which is none, is about to
// write: their turnstile is crowded until done is called. A member need not
// announce itself.
func (d *Dir) Announce() (done func()) {
	h := d.hub()
	if h == nil || h.token != "" {
		return func() {}
	}
	tokens, _ := d.tokens() // without them, the database is still safe: only turns are less fair
	var links []*link
	for _, token := range tokens {
		conn, err := d.dial(token)
		if err != nil {
			continue // dead, most likely
		}
		l := newLink(h, "")
		if h.start(l, func() (net.Conn, error) { return conn, nil }) != nil {
			_ = conn.Close()
			continue
		}
		links = append(links, l)
	}
	return sync.OnceFunc(func() {
		for _, l := range links {
			l.end(os.ErrClosed)
		}
	})
}
