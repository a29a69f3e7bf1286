package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// A lender makes *sql.Tx values on the writer's connection. It is a connector of
// database/sql whose pool keeps nothing: each step gets a handle of its own.
type lender struct {
	pool *sql.DB // nil until the first step
	next *handle // what the next connection is
}

// lend makes a transaction of h.
func (l *lender) lend(h *handle) (*sql.Tx, error) {
	if l.pool == nil {
		l.pool = sql.OpenDB(l)
		l.pool.SetMaxIdleConns(-1)
	}
	l.next = h
	return l.pool.BeginTx(h.ctx, nil)
}

func (l *lender) close() error {
	if l.pool == nil {
		return nil
	}
	return l.pool.Close()
}

// Connect implements driver.Connector. BeginTx calls it, on the same goroutine.
func (l *lender) Connect(context.Context) (driver.Conn, error) { return l.next, nil }

// Driver implements driver.Connector.
func (l *lender) Driver() driver.Driver { return lenderDriver{l} }

// A lenderDriver stands where database/sql wants a driver.
type lenderDriver struct{ l *lender }

func (d lenderDriver) Open(string) (driver.Conn, error) { return d.l.Connect(bg) }
