package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A call is one execution of a step's function, in a goroutine of its own, so
// that it can be left behind.
type call struct {
	returned chan struct{} // closed when the function has
	result   json.RawMessage
	err      error
}

// call lets the step's function work on the writer's connection, for no longer
// than limit. A spoiled error means that the group's transaction must be redone;
// if it is so because the function takes too long, late then holds the call.
func (g *group) call(t *journal.Transact) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(bg, g.limit)
	defer cancel()
	h := &handle{w: g.writer, ctx: ctx}
	tx, err := g.lender.lend(h)
	if err != nil {
		return nil, spoiled{err}
	}
	c := &call{returned: make(chan struct{})}
	go func() {
		defer close(c.returned)
		defer tx.Rollback() // ends what database/sql keeps of it
		defer h.revoke(sql.ErrTxDone)
		c.do(ctx, t, tx)
	}()
	select {
	case <-c.returned:
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // also if it has just returned: database/sql may have rolled back
		slow := fmt.Errorf("it took more than %v: %w", g.limit, context.DeadlineExceeded)
		h.revoke(slow)
		if g.late == nil {
			g.late = map[*journal.Transact]*call{}
		}
		g.late[t] = c
		return nil, spoiled{slow}
	}
	switch {
	case h.failed != nil: // whatever the step makes of it
		return nil, broken{h.failed}
	case g.guard.gone:
		return nil, spoiled{errors.Join(c.err, h.why)}
	case c.err == nil && h.undone:
		return nil, errors.New("it rolled its transaction back")
	}
	return c.result, c.err
}

// do calls the function. A panic is an error of the step, and so is an end of
// its goroutine.
func (c *call) do(ctx context.Context, t *journal.Transact, tx *sql.Tx) {
	c.err = errors.New("it ended its goroutine")
	defer func() {
		if p := recover(); p != nil {
			c.err = &journal.Failure{Message: fmt.Sprint("panic: ", p), Code: "panic", Stack: string(debug.Stack())}
		}
	}()
	c.result, c.err = t.Do(ctx, tx)
}

// wait waits for a call that was left behind, and reports whether it returned.
func (c *call) wait(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.returned:
		return true
	case <-timer.C:
		return false
	}
}
