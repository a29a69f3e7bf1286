package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	sqlite3 "modernc.org/sqlite"
)

// A conn is one connection of the driver with its prepared statements. It
// serves one goroutine at a time, and goes round database/sql, which costs as
// much as the statements themselves.
type conn struct {
	dc    driver.Conn
	stmts map[string]*stmt
}

// A stmt is a prepared statement and the slices it is called with.
type stmt struct {
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	close func() error
	args  []driver.NamedValue
	row   row
}

func dial(ctx context.Context, dsn string) (*conn, error) {
	c, err := sqlite3.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	dc, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{dc: dc, stmts: map[string]*stmt{}}, nil
}

func (c *conn) prepare(sql string) (*stmt, error) {
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	ds, err := c.dc.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("%.40q: %w", sql, err)
	}
	s := &stmt{exec: ds.(driver.StmtExecContext), query: ds.(driver.StmtQueryContext), close: ds.Close}
	c.stmts[sql] = s
	return s, nil
}

func (s *stmt) bind(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, a := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return s.args
}

// exec runs a statement that returns no rows. Arguments are int64, string or
// nil.
func (c *conn) exec(sql string, args ...any) (driver.Result, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	defer clear(s.args)
	return s.exec.ExecContext(context.Background(), s.bind(args))
}

// insert is exec for those who want to know the new row's id.
func (c *conn) insert(sql string, args ...any) (int64, error) {
	r, err := c.exec(sql, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// query calls each with every row. The row is good until each returns.
func (c *conn) query(ctx context.Context, sql string, each func(row) error, args ...any) (err error) {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer clear(s.args)
	rows, err := s.query.QueryContext(ctx, s.bind(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if s.row == nil {
		s.row = make(row, len(rows.Columns()))
	}
	for {
		switch err := rows.Next(s.row); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if err := each(s.row); err != nil {
			return err
		}
	}
}

// one returns the first column of the first row as a number; ok is false if
// there is no row, or if it is NULL.
func (c *conn) one(sql string, args ...any) (n int64, ok bool, err error) {
	err = c.query(context.Background(), sql, func(r row) error {
		if r[0] != nil && !ok {
			n, ok = r.int(0), true
		}
		return nil
	}, args...)
	return n, ok, err
}

// run executes SQL that is not worth preparing; it may be several statements.
func (c *conn) run(sql string) error {
	_, err := c.dc.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

func (c *conn) close() error {
	var all error
	for _, s := range c.stmts {
		all = errors.Join(all, s.close())
	}
	c.stmts = nil
	return errors.Join(all, c.dc.Close())
}
