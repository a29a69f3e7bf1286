package peer

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	queueLength = 256              // frames that wait to be written on a connection
	frameTime   = 10 * time.Second // what the rest of a frame may take once it has begun
)

var (
	errTooMany = errors.New("too many connections")
	errSelf    = errors.New("it is this process itself")
)

// A link is one connection. Frames go both ways, whoever dialed.
type link struct {
	hub    *hub
	dialed bool       // we connected
	out    chan frame // what is to be written

	token string // the member at the other end; "" while unknown. Set by run's goroutine only, once that runs, with hub.mu held.
	deaf  bool   // the other end does not listen. Touched by run's goroutine only.

	greeted <-chan frame // the answer to our hello

	ended chan struct{} // closed when the connection is over

	mu      sync.Mutex
	conn    net.Conn                     // nil until there is one
	why     error                        // valid once ended is closed
	last    int64                        // the number of the last question asked
	waiting map[int64]chan frame         // for the answers to our questions
	asked   map[int64]context.CancelFunc // their questions, being answered
}

func newLink(h *hub, token string) *link {
	greeted := make(chan frame, 1)
	return &link{
		hub: h, token: token, dialed: token != "",
		out:     make(chan frame, queueLength),
		greeted: greeted,
		ended:   make(chan struct{}),
		waiting: map[int64]chan frame{0: greeted}, // questions count from 1
		asked:   make(map[int64]context.CancelFunc),
	}
}

// run connects, and carries frames until the connection is over. A stopped
// process at the other end holds up nothing but this link, and not its close.
func (l *link) run(connect func() (net.Conn, error)) {
	conn, err := connect()
	if err != nil {
		l.deaf = errors.Is(err, errNoSocket)
		l.end(err)
		return
	}
	if !l.attach(conn) {
		return
	}
	stop := context.AfterFunc(l.hub.ctx, func() { _ = conn.SetWriteDeadline(time.Now().Add(flushTime)) })
	defer stop()
	l.hub.work.Go(func() { l.end(l.send()) })
	l.end(l.receive())
}

// attach gives the link its connection, and reports false if it is over already.
func (l *link) attach(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.ended:
		_ = conn.Close()
		return false
	default:
		l.conn = conn
		return true
	}
}

// end ends the connection; only the first reason counts.
func (l *link) end(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.ended:
		return
	default:
	}
	l.why = cmp.Or(why, net.ErrClosed)
	close(l.ended)
	if l.conn != nil {
		_ = l.conn.Close()
	}
	for _, cancel := range l.asked {
		cancel()
	}
}

// post queues a frame if there is room. It does not wait.
func (l *link) post(f frame) {
	select {
	case l.out <- f:
	default:
	}
}

// send writes what is queued. When the hub closes it writes what is left; run
// bounds the time for that.
func (l *link) send() error {
	w := bufio.NewWriter(l.conn)
	if l.hub.token != "" && l.dialed {
		if err := writeFrame(w, frame{kind: hello, body: []byte(l.hub.token)}); err != nil {
			return err
		}
	}
	for {
		if len(l.out) == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		select {
		case f := <-l.out:
			if err := writeFrame(w, f); err != nil {
				return err
			}
		case <-l.ended:
			return nil
		case <-l.hub.ctx.Done():
			return l.drain(w)
		}
	}
}

func (l *link) drain(w *bufio.Writer) error {
	for {
		select {
		case f := <-l.out:
			if err := writeFrame(w, f); err != nil {
				return err
			}
		default:
			return w.Flush()
		}
	}
}

// receive reads frames until the stream ends or turns out to be garbage.
func (l *link) receive() error {
	r := bufio.NewReader(l.conn)
	for {
		if _, err := r.Peek(1); err != nil { // may take for ever
			return err
		}
		if err := l.conn.SetReadDeadline(time.Now().Add(frameTime)); err != nil {
			return err
		}
		f, err := readFrame(r)
		if err == nil {
			err = l.take(f)
		}
		if err == nil {
			err = l.conn.SetReadDeadline(time.Time{})
		}
		if err != nil {
			return err
		}
	}
}

// take does what a frame says. An error ends the connection.
func (l *link) take(f frame) error {
	switch f.kind {
	case hello:
		return l.greet(string(f.body))
	case nudge:
		l.hub.handler.Nudged(f.id)
	case ask:
		l.asking(f)
	case drop:
		l.dismiss(f.id)
	case answer, failure:
		l.answered(f)
	}
	return nil
}

// greet learns that the other end is a member, and which; it is told that it is
// known. It may have died since it sent its greeting, and nobody may have met it.
func (l *link) greet(token string) error {
	if l.token != "" || l.hub.token == "" || l.hub.token == token {
		return fmt.Errorf("unexpected greeting of %q: %w", token, errFrame)
	}
	alive, _, err := l.hub.dir.Alive(token)
	if err != nil {
		return err
	}
	if !alive {
		l.hub.scan() // finds its lock file, if it ever was one
		return fmt.Errorf("greeting of a dead member %s: %w", token, errFrame)
	}
	l.hub.adopt(l, token)
	l.post(frame{kind: answer})
	return nil
}
