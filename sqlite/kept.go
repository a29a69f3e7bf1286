package sqlite

import (
	"database/sql/driver"
	"errors"
)

// manyKept is how many statements of steps are kept prepared.
const manyKept = 128

// kept are the statements that steps use over and over, by their text:
// preparing one costs several times what it does. They are the writer's.
type kept map[string]*keptStmt

// A keptStmt is in use by at most one.
type keptStmt struct {
	driver.StmtExecContext
	driver.StmtQueryContext
	close func() error
	busy  bool
	once  bool // not kept: closed after its use
}

// borrow returns a prepared statement for one use.
func (k kept) borrow(w *writer, query string) (*keptStmt, error) {
	s := k[query]
	if s != nil && !s.busy {
		s.busy = true
		return s, nil
	}
	ddl := w.guard.ddl
	w.guard.ddl = false
	stmt, err := w.dc.Prepare(query)
	changes := w.guard.ddl || w.guard.dropping
	w.guard.ddl = w.guard.ddl || ddl
	if err != nil {
		return nil, err
	}
	// One that makes a table must be seen by the guard each time.
	s = &keptStmt{stmt.(driver.StmtExecContext), stmt.(driver.StmtQueryContext), stmt.Close, true, changes || s != nil}
	if !s.once {
		if len(k) >= manyKept {
			err = k.close()
		}
		k[query] = s
	}
	return s, err
}

func (s *keptStmt) giveBack() error {
	s.busy = false
	if s.once {
		return s.close()
	}
	return nil
}

// close closes all that are not in use; these are closed when they are given
// back.
func (k kept) close() (all error) {
	for _, s := range k {
		if s.busy {
			s.once = true
		} else {
			all = errors.Join(all, s.close())
		}
	}
	clear(k)
	return all
}

// keptRows give their statement back.
type keptRows struct {
	driver.Rows
	s *keptStmt
}

func (r keptRows) Close() error { return errors.Join(r.Rows.Close(), r.s.giveBack()) }
