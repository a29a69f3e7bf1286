package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
	"github.com/seed139febb4/durable/sqlite/walvfs"
)

// A conn is one connection of the driver with its prepared statements. It
// serves one goroutine at a time. What the journal does on it goes round
// database/sql and round the driver's statements, which cost as much as SQLite
// itself; dc is for steps, and for what is done once.
type conn struct {
	dc     driver.Conn
	handle uintptr   // SQLite's
	tls    *libc.TLS // what SQLite takes for the thread that calls
	stmts  map[string]*stmt
}

// dial opens a connection to the file at path. That of a reader cannot write.
func dial(ctx context.Context, path string, s settings, reader bool) (*conn, error) {
	layer, err := walvfs.Over(s.vfs)
	if err != nil {
		return nil, err
	}
	connector, err := sqlite3.NewConnector(source(path, layer, s, reader))
	if err != nil {
		return nil, err
	}
	c := &conn{stmts: map[string]*stmt{}}
	c.handle, err = handleOf(path, func() (err error) {
		c.dc, err = connector.Connect(ctx)
		return err
	})
	if err != nil {
		if c.dc != nil {
			err = errors.Join(err, c.dc.Close())
		}
		return nil, err
	}
	c.tls = libc.NewTLS()
	return c, nil
}

// exec runs a statement that returns no rows. Arguments are int64, string or
// nil.
func (c *conn) exec(sql string, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	if err := s.bind(args); err != nil {
		return err
	}
	for {
		if more, err := s.step(); err != nil || !more {
			return s.done(err)
		}
	}
}

// insert is exec for those who want to know the new row's id.
func (c *conn) insert(sql string, args ...any) (int64, error) {
	err := c.exec(sql, args...)
	return lib.Xsqlite3_last_insert_rowid(c.tls, c.handle), err
}

// query calls each with every row. The row is good until each returns.
func (c *conn) query(ctx context.Context, sql string, each func(row) error, args ...any) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	if err := s.bind(args); err != nil {
		return err
	}
	defer c.interrupted(ctx)()
	for {
		more, err := s.step()
		if err == nil && more {
			err = each(row{s})
		}
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil || !more {
			return s.done(err)
		}
	}
}

// interrupted has ctx end what runs on the connection, until the function that
// it returns is called.
func (c *conn) interrupted(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		tls := libc.NewTLS()
		defer tls.Close()
		lib.Xsqlite3_interrupt(tls, c.handle)
	})
	return func() {
		if !stop() {
			<-ended // or it would end what comes next
		}
	}
}

// one returns the first column of the first row as a number; ok is false if
// there is no row, or if it is NULL.
func (c *conn) one(sql string, args ...any) (n int64, ok bool, err error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, false, err
	}
	if err := s.bind(args); err != nil {
		return 0, false, err
	}
	more, err := s.step()
	if r := (row{s}); err == nil && more && !r.null(0) {
		n, ok = r.int(0), true
	}
	return n, ok, s.done(err)
}

// dataVersion changes whenever the connection commits, or finds that somebody
// else has, as it does when a transaction begins. Unlike PRAGMA data_version it is
// no statement.
func (c *conn) dataVersion() (v uint32, err error) {
	out := c.tls.Alloc(int(unsafe.Sizeof(v)))
	defer c.tls.Free(int(unsafe.Sizeof(v)))
	if rc := lib.Xsqlite3_file_control(c.tls, c.handle, 0, lib.SQLITE_FCNTL_DATA_VERSION, out); rc != lib.SQLITE_OK {
		return 0, c.explained(rc, "data version")
	}
	return *native.At[uint32](out), nil
}

// run executes SQL that is not worth preparing; it may be several statements.
func (c *conn) run(sql string) error {
	_, err := c.dc.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		lib.Xsqlite3_finalize(c.tls, s.p) // its code is that of the last step
		s.room.free(c.tls)
	}
	c.stmts = nil
	c.tls.Close()
	return c.dc.Close()
}

// explained makes an error of a result code.
func (c *conn) explained(rc int32, doing string) error {
	text := libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))
	if lib.Xsqlite3_extended_errcode(c.tls, c.handle)&0xff == rc&0xff {
		text = libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.handle))
	}
	return fmt.Errorf("%.40q: %w", doing, &sqlError{int(rc), text})
}
