package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync"

	"github.com/seed139febb4/durable/journal"
)

// A handle is the driver's side of the *sql.Tx that a transactional step gets:
// the writer's own connection, until the step is over or has taken too long.
// Then every use of it fails, also by code that still runs.
type handle struct {
	w   *writer
	ctx context.Context // ends every statement with the step

	mu     sync.Mutex
	why    error // why it cannot be used any more
	undone bool  // the step called Rollback
	failed error // the disk did, under one of its statements
	open   map[io.Closer]struct{}
}

// use calls f while nobody else uses the connection, if it may still be used.
func (h *handle) use(f func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why != nil {
		return h.why
	}
	h.w.guard.dropping = false
	err := f()
	if h.failed == nil && errors.Is(explain(err), journal.ErrBroken) {
		h.failed = err
	}
	if h.w.guard.gone {
		// What came now would run outside of any transaction.
		h.why = errors.Join(errors.New("the transaction was rolled back by a statement"), err)
		return h.why
	}
	return err
}

// revoke ends the handle. It waits for a statement that is running, and closes
// what is open.
func (h *handle) revoke(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why == nil {
		h.why = why
	}
	for c := range h.open {
		_ = c.Close() // a statement that failed says so once more
	}
	h.open = nil
}

// during returns a context that ends with the step, and with ctx.
func (h *handle) during(ctx context.Context) (context.Context, func()) {
	if ctx.Done() == nil || ctx == h.ctx {
		return h.ctx, func() {}
	}
	both, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.ctx, cancel)
	return both, func() { stop(); cancel() }
}

func (h *handle) track(c io.Closer) {
	if h.open == nil {
		h.open = map[io.Closer]struct{}{}
	}
	h.open[c] = struct{}{}
}

// shut closes what was tracked, unless revoke has done so.
func (h *handle) shut(c io.Closer) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, open := h.open[c]; open {
		delete(h.open, c)
		err = c.Close()
	}
	return err
}

// BeginTx implements driver.ConnBeginTx. The savepoint is there already.
func (h *handle) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return h, nil }

// Begin implements driver.Conn.
func (h *handle) Begin() (driver.Tx, error) { return h, nil }

// Commit implements driver.Tx. A step is committed together with its result, so
// this only ends the use of the transaction.
func (h *handle) Commit() error {
	h.revoke(sql.ErrTxDone)
	return nil
}

// Rollback implements driver.Tx. A step that calls it fails.
func (h *handle) Rollback() error {
	h.mu.Lock()
	if h.why == nil {
		h.undone = true
	}
	h.mu.Unlock()
	h.revoke(sql.ErrTxDone)
	return nil
}

// Close implements driver.Conn. The connection is the writer's.
func (h *handle) Close() error { return nil }

// ExecContext implements driver.ExecerContext.
func (h *handle) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Result, err error) {
	ctx, done := h.during(ctx)
	defer done()
	err = h.use(func() error {
		s, err := h.w.kept.borrow(h.w, query)
		if err != nil {
			return err
		}
		r, err = s.ExecContext(ctx, args)
		return errors.Join(err, s.giveBack())
	})
	return r, err
}

// QueryContext implements driver.QueryerContext.
func (h *handle) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return h.rows(ctx, func(ctx context.Context) (driver.Rows, error) {
		s, err := h.w.kept.borrow(h.w, query)
		if err != nil {
			return nil, err
		}
		rows, err := s.QueryContext(ctx, args)
		if err != nil {
			return nil, errors.Join(err, s.giveBack())
		}
		return keptRows{rows, s}, nil
	})
}

// Prepare implements driver.Conn.
func (h *handle) Prepare(query string) (driver.Stmt, error) {
	return h.PrepareContext(h.ctx, query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (h *handle) PrepareContext(ctx context.Context, query string) (s driver.Stmt, err error) {
	err = h.use(func() error {
		inner, err := h.w.dc.(driver.ConnPrepareContext).PrepareContext(ctx, query)
		if err == nil {
			h.track(inner)
			s = &lentStmt{h, inner}
		}
		return err
	})
	return s, err
}

func (h *handle) rows(ctx context.Context, query func(context.Context) (driver.Rows, error)) (rows driver.Rows, err error) {
	ctx, done := h.during(ctx)
	err = h.use(func() error {
		inner, err := query(ctx)
		if err == nil {
			h.track(inner)
			rows = &lentRows{h, inner, done}
		}
		return err
	})
	if err != nil {
		done()
	}
	return rows, err
}
