package sqlite

import (
	"context"
	"database/sql/driver"
)

// A lentStmt is a statement prepared by a step.
type lentStmt struct {
	h     *handle
	inner driver.Stmt
}

func (s *lentStmt) Close() error  { return s.h.shut(s.inner) }
func (s *lentStmt) NumInput() int { return -1 }

// Exec and Query are never called: database/sql prefers those with a context.
func (s *lentStmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s *lentStmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (s *lentStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	ctx, done := s.h.during(ctx)
	defer done()
	err = s.h.use(func() error {
		r, err = s.inner.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return r, err
}

func (s *lentStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.h.rows(ctx, func(ctx context.Context) (driver.Rows, error) {
		return s.inner.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}

// lentRows are the rows of a step's query.
type lentRows struct {
	h     *handle
	inner driver.Rows
	done  func()
}

func (r *lentRows) Columns() []string { return r.inner.Columns() }

func (r *lentRows) Next(dest []driver.Value) error {
	return r.h.use(func() error { return r.inner.Next(dest) })
}

func (r *lentRows) Close() error {
	defer r.done()
	return r.h.shut(r.inner)
}
