package runner

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/seed139febb4/durable/runner/host"
)

// A Context is a workflow's only door to the world. It is not a
// [context.Context], so handing it to code that does I/O does not compile. It
// belongs to the coroutine it was given to, and to one scope: what is started
// through it ends when the scope does.
type Context struct {
	h   host.Host
	run *run
}

// run is what all Contexts of a run share. Coroutines never run in parallel, so
// it needs no lock.
type run struct {
	inboxes map[any]any // by Signal[T]: its *Inbox[T]
}

func newContext(h host.Host) *Context {
	return &Context{h, &run{inboxes: map[any]any{}}}
}

func (c *Context) with(h host.Host) *Context { return &Context{h, c.run} }

// ID is the run's id: the one it was started with, or its ULID.
func (c *Context) ID() string { return c.h.Info().ID }

// RunID is the run's ULID. No other run ever has it, while an id may be used
// again when its run has ended.
func (c *Context) RunID() string { return c.h.Info().ULID }

// Now is the time of the current turn, as the journal holds it: the same on
// replay. It does not move while the workflow computes, and never goes back.
func (c *Context) Now() time.Time { return c.h.Now() }

// NewID returns a new ULID, the same on replay.
func (c *Context) NewID() string {
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(c.h.Now())) // fails after the year 10889: then the time is left out
	binary.BigEndian.PutUint64(id[6:], c.h.Rand())
	binary.BigEndian.PutUint16(id[14:], uint16(c.h.Rand()))
	return id.String()
}

// Rand is a source of random numbers, the same on replay. It is not for secrets.
func (c *Context) Rand() *rand.Rand { return rand.New(source{c.h}) }

type source struct{ h host.Host }

func (s source) Uint64() uint64 { return s.h.Rand() }

// Sleep pauses the workflow for d. The deadline is on disk: the time for which
// no process runs counts too. A d of 0 or less is over at once.
func (c *Context) Sleep(d time.Duration) error {
	_, err := c.after(call{"sleep", ""}, d).Get(c)
	return err
}

// After is a durable timer: a future that is ready in d, with the deadline as
// its value.
func (c *Context) After(d time.Duration) *Future[time.Time] { return c.after(call{"timer", ""}, d) }

func (c *Context) after(of call, d time.Duration) *Future[time.Time] {
	return &Future[time.Time]{call: of, op: c.h.Timer(d)}
}

// Go runs fn as a further coroutine of this workflow, in the same scope, and
// returns a future that is ready when fn has returned. Coroutines never run in
// parallel: only one moves until it waits, so variables they share need no
// lock. The workflow ends when its own function returns, so wait for the
// coroutines that matter.
func (c *Context) Go(fn func(*Context) error) *Future[struct{}] {
	co := &coroutine{}
	c.h.Go(func(h host.Host) {
		co.err = fn(c.with(h))
		co.done = true
	})
	return &Future[struct{}]{op: co} // its errors say by themselves what they are about
}

// A coroutine is the pending result of one.
type coroutine struct {
	done bool
	err  error
}

func (co *coroutine) Ready() bool                      { return co.done }
func (co *coroutine) Result() (json.RawMessage, error) { return nil, co.err }
