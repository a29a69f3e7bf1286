package engine

import (
	"iter"
	"runtime"
	"runtime/debug"
)

// A coroutine runs one function of a workflow, and only while it is resumed.
// It is built on iter.Pull: a switch costs 60 to 230 ns, defers run when it is
// killed, and a panic can be told from an end. What uses it relies on resume,
// park and kill alone.
type coroutine struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	ready func() bool // what a parked coroutine waits for; nil: it has not begun
	scope *scope      // whose end ends the wait

	done   bool
	killed bool
	crash  *crash // set once if the function panicked or left by Goexit
}

// A crash is a panic of workflow code.
type crash struct {
	value any
	stack string
}

func newCoroutine(fn func()) *coroutine {
	c := new(coroutine)
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		normal := false
		defer func() {
			c.done = true
			// During Goexit recover returns nil, so an unwinding is not stopped.
			if v := recover(); v != nil {
				c.crash = &crash{value: v, stack: string(debug.Stack())}
			} else if !normal && !c.killed {
				c.crash = &crash{value: "workflow code called runtime.Goexit", stack: string(debug.Stack())}
			}
		}()
		fn()
		normal = true
	})
	return c
}

// resume lets the coroutine run until it parks or ends. If its function calls
// runtime.Goexit by itself, so does resume: iter.Pull hands that on.
func (c *coroutine) resume() { c.next() }

// park hands control back to whoever resumed, until resumed again. When the
// coroutine is killed park does not return: the goroutine unwinds, running the
// user's defers. Goexit, unlike a panic, cannot be swallowed by a recover.
func (c *coroutine) park(ready func() bool, s *scope) {
	c.ready, c.scope = ready, s
	if !c.yield(struct{}{}) {
		runtime.Goexit()
	}
}

// runnable reports whether a resume would get anywhere.
func (c *coroutine) runnable() bool {
	return !c.done && (c.ready == nil || c.scope.err != nil || c.ready())
}

// kill unwinds a parked coroutine. iter.Pull raises the Goexit again in the
// goroutine that calls stop, so that is one of its own.
func (c *coroutine) kill() {
	if c.done {
		return
	}
	c.killed = true
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		c.stop()
	}()
	<-gone
}
