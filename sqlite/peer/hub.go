package peer

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	maxLinks    = 1024                   // connections at once; more are hung up on
	flushTime   = 250 * time.Millisecond // what closing may take to send what is queued
	acceptPause = 100 * time.Millisecond // after a connection that could not be accepted
	greetTime   = 100 * time.Millisecond // what Join gives the others to answer its greeting
)

// A hub holds the connections of one handle: of a member, from Join to Leave, or
// of a client, which only dials.
type hub struct {
	dir     *Dir
	token   string // of the member; "" for a client
	handler Handler
	ctx     context.Context // ends when the hub closes
	cancel  context.CancelFunc
	work    sync.WaitGroup // every goroutine
	stirred chan struct{}  // wakes watch: there is another member now, or a connection less

	mu     sync.Mutex
	closed bool
	ln     *net.UnixListener  // nil if none
	socket string             // its path as in the lock file
	all    map[*link]struct{} // every connection, those of clients included
	links  map[string]*link   // by token: the one that is used to reach a member
	shuns  string             // of a client: the member that this handle has become, and need not reach
	known  map[string]bool    // other members: true if alive as far as is known, false once told of as dead; empty for a client
	alive  int                // how many are true in known
	size   int                // what is counted in dir.crowd
}

func newHub(d *Dir, token string, h Handler) *hub {
	if h == nil {
		h = nobody{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &hub{
		dir: d, token: token, handler: h, ctx: ctx, cancel: cancel,
		stirred: make(chan struct{}, 1),
		all:     make(map[*link]struct{}),
		links:   make(map[string]*link),
		known:   make(map[string]bool),
	}
}

// open makes a member known to the others, and listens if there is a socket. Its
// lock file is there and says where it listens: of two that join at once, the one
// that looks later finds the other.
func (h *hub) open(ln *net.UnixListener, socket string) {
	h.ln, h.socket = ln, socket
	h.scan()
	h.work.Go(h.watch)
	if ln != nil {
		h.work.Go(func() { h.accept(ln) })
	}
	h.settle()
}

// settle waits until the members that were found have answered the greeting, and
// so will notice this one's death by the end of the connection, or cannot be
// reached. A stopped process does not answer.
func (h *hub) settle() {
	h.mu.Lock()
	links := slices.Collect(maps.Values(h.links))
	h.mu.Unlock()
	patience := time.NewTimer(greetTime)
	defer patience.Stop()
	for _, l := range links {
		if !l.dialed {
			continue // it has greeted us
		}
		select {
		case <-l.greeted:
		case <-l.ended:
		case <-patience.C:
			return
		}
	}
}

// accept takes in everybody who connects. What they are shows later, see
// link.receive; that they are there counts from now on.
func (h *hub) accept(ln *net.UnixListener) {
	for {
		conn, err := ln.Accept()
		if err != nil { // too many open files, most likely
			if errors.Is(err, net.ErrClosed) || !h.pause(acceptPause) {
				return
			}
			continue
		}
		if h.start(newLink(h, ""), func() (net.Conn, error) { return conn, nil }) != nil {
			_ = conn.Close()
		}
	}
}

// start runs a link until its end.
func (h *hub) start(l *link, connect func() (net.Conn, error)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.begin(l, connect)
}

// begin is start with mu held.
func (h *hub) begin(l *link, connect func() (net.Conn, error)) error {
	if h.closed {
		return os.ErrClosed
	}
	if len(h.all) >= maxLinks {
		return errTooMany
	}
	h.all[l] = struct{}{}
	h.count()
	h.work.Go(func() {
		l.run(connect)
		h.forget(l)
	})
	return nil
}

// reach returns the connection to a member, a new one if there is none yet. It
// does not wait for it to be made.
func (h *hub) reach(token string) (*link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.links[token]; l != nil {
		return l, nil
	}
	if token == h.shuns {
		return nil, errSelf
	}
	l := newLink(h, token)
	if err := h.begin(l, func() (net.Conn, error) { return h.dir.dial(token) }); err != nil {
		return nil, err
	}
	h.links[token] = l
	return l, nil
}

// shun ends the connection to a member that turns out to be this handle itself:
// it would make its own turnstile crowded.
func (h *hub) shun(token string) {
	h.mu.Lock()
	h.shuns = token
	l := h.links[token]
	h.mu.Unlock()
	if l != nil {
		l.end(errSelf)
	}
}

// adopt notes that the other end of a connection is a member.
func (h *hub) adopt(l *link, token string) {
	h.mu.Lock()
	l.token = token
	if h.links[token] == nil {
		h.links[token] = l
	}
	h.mu.Unlock()
	h.meet(token)
}

// forget is called when a link has ended. If it led to a member, that may be
// because the member is gone.
func (h *hub) forget(l *link) {
	h.mu.Lock()
	delete(h.all, l)
	if h.links[l.token] == l {
		delete(h.links, l.token)
		for other := range h.all { // it may have dialed us while we dialed it
			if l.token != "" && other.token == l.token {
				h.links[l.token] = other
			}
		}
	}
	h.count()
	alive := h.known[l.token]
	h.mu.Unlock()
	if !alive || l.deaf {
		return
	}
	if l.conn != nil {
		h.stir() // for a new connection, if it lives
	}
	h.confirm(l.token)
}

// count keeps Crowded cheap. Called with mu held.
func (h *hub) count() {
	size := len(h.all) + h.alive
	h.dir.crowd.Add(int64(size - h.size))
	h.size = size
}

// pause waits, and reports false if the hub closes.
func (h *hub) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-h.ctx.Done():
		return false
	}
}

// deafen stops listening, and removes the socket.
func (h *hub) deafen() {
	if h.ln == nil {
		return
	}
	_ = h.ln.Close() // removes the socket
	if filepath.IsAbs(h.socket) {
		_ = os.Remove(filepath.Dir(h.socket)) // refused unless it is empty
	}
}

// close ends every connection, once what is queued is sent, and waits for every
// goroutine.
func (h *hub) close() {
	h.cancel()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.work.Wait()
	h.mu.Lock()
	h.alive = 0
	h.count()
	h.mu.Unlock()
}
