package runner

import "time"

// WithCancel opens a scope within this one. Its cancel ends every operation
// that was started in the scope, with [ErrCanceled].
func (c *Context) WithCancel() (scope *Context, cancel func()) {
	h, cancel := c.h.Scope(0)
	return c.with(h), cancel
}

// WithTimeout opens a scope that ends by itself after d, with [ErrTimeout]. d is
// durable time, like that of Sleep. cancel ends it earlier; call it when the
// scope is done with, or its timer is kept until d is over.
func (c *Context) WithTimeout(d time.Duration) (scope *Context, cancel func()) {
	h, cancel := c.h.Scope(max(d, 1)) // 0 would mean: no timeout
	return c.with(h), cancel
}

// Shielded leaves all scopes: nothing cancels what is started through it. It is
// how a canceled workflow cleans up.
func (c *Context) Shielded() *Context { return c.with(c.h.Shielded()) }

// Err says why this scope has ended: [ErrCanceled] or [ErrTimeout]; nil while it
// goes on.
func (c *Context) Err() error { return c.h.Err() }
