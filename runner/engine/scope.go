package engine

import (
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// A scope is a set of operations that end together.
type scope struct {
	parent   *scope
	children []*scope
	timer    *operation // of a scope with a timeout
	err      error      // why it has ended
}

func (s *scope) open() *scope {
	c := &scope{parent: s, err: s.err}
	if s.err == nil {
		s.children = append(s.children, c)
	}
	return c
}

// within reports whether s is in, or is, the scope of.
func (s *scope) within(of *scope) bool {
	for ; s != nil; s = s.parent {
		if s == of {
			return true
		}
	}
	return false
}

// endScope ends s and everything in it: pending operations are given up, and
// the journal is told so.
func (x *execution) endScope(s *scope, why error) {
	if s.err != nil {
		return
	}
	for _, number := range x.pendingNumbers() {
		op := x.pending[number]
		if op.scope.within(s) || op.expires.within(s) {
			x.giveUp(op, why)
		}
	}
	s.end(why)
	if p := s.parent; p != nil {
		p.children = slices.DeleteFunc(p.children, func(c *scope) bool { return c == s })
	}
}

func (s *scope) end(why error) {
	if s.err != nil {
		return
	}
	s.err = why
	for _, c := range s.children {
		c.end(why)
	}
	s.children = nil
}

// giveUp ends the wait for op. With WaitCancel its attempt is told, and its
// answer, that of the activity itself, is waited for.
func (x *execution) giveUp(op *operation, why error) {
	if op.gaveUp {
		return
	}
	c := journal.Command{Kind: journal.CancelOp, Op: op.number}
	if op.options.WaitCancel && op.work() {
		op.gaveUp = true
		c.Name = journal.WaitForAnswer
	} else {
		x.settled(op)
		op.answer(nil, why)
	}
	x.ask(c, effect{kind: effectCancel, op: op})
}

func (h *hosted) Scope(timeout time.Duration) (host.Host, func()) {
	h.x.acts()
	s := h.scope.open()
	if timeout > 0 && s.err == nil {
		s.timer = h.x.startTimer(h.scope, timeout)
		s.timer.expires = s
	}
	return &hosted{x: h.x, scope: s}, func() {
		h.x.acts()
		h.x.endScope(s, host.ErrCanceled)
	}
}

func (h *hosted) Shielded() host.Host {
	h.x.alive()
	return &hosted{x: h.x, scope: new(scope)}
}

func (h *hosted) Err() error { return h.scope.err }
