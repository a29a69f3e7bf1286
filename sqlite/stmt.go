package sqlite

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A stmt is a prepared statement of the journal's own. After bind and step comes
// done, which makes it ready for the next time.
type stmt struct {
	c      *conn
	p      uintptr
	params int
	sql    string
	room   room
}

// prepare returns the statement with that text, which is kept.
func (c *conn) prepare(sql string) (*stmt, error) {
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	text, err := libc.CString(sql)
	if err != nil {
		return nil, fmt.Errorf("%.40q: %w", sql, err)
	}
	defer libc.Xfree(c.tls, text)
	out := c.tls.Alloc(int(unsafe.Sizeof(text)))
	defer c.tls.Free(int(unsafe.Sizeof(text)))
	if rc := lib.Xsqlite3_prepare_v3(c.tls, c.handle, text, -1, lib.SQLITE_PREPARE_PERSISTENT, out, 0); rc != lib.SQLITE_OK {
		return nil, c.explained(rc, sql)
	}
	p := *native.At[uintptr](out)
	s := &stmt{c: c, p: p, params: int(lib.Xsqlite3_bind_parameter_count(c.tls, p)), sql: sql}
	c.stmts[sql] = s
	return s, nil
}

// bind sets all parameters. Texts are copied to memory of the statement's own.
func (s *stmt) bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("%.40q: %d arguments for %d parameters", s.sql, len(args), s.params)
	}
	size := 0
	for _, a := range args {
		if t, ok := a.(string); ok {
			size += len(t)
		}
	}
	c := s.c
	text, err := s.room.of(c.tls, size)
	if err != nil {
		return err
	}
	for i, a := range args {
		var rc int32
		switch a := a.(type) {
		case nil:
			rc = lib.Xsqlite3_bind_null(c.tls, s.p, int32(i+1))
		case int64:
			rc = lib.Xsqlite3_bind_int64(c.tls, s.p, int32(i+1), a)
		case string:
			copy(native.Bytes(text, len(a)), a)
			rc = lib.Xsqlite3_bind_text(c.tls, s.p, int32(i+1), text, int32(len(a)), 0)
			text += uintptr(len(a))
		default:
			return fmt.Errorf("%.40q: argument %d is of a type that is not bound", s.sql, i+1)
		}
		if rc != lib.SQLITE_OK {
			return c.explained(rc, s.sql)
		}
	}
	return nil
}

// step reports whether there is a row.
func (s *stmt) step() (bool, error) {
	switch rc := lib.Xsqlite3_step(s.c.tls, s.p); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.explained(rc, s.sql)
	}
}

// done ends the use of the statement, which went as err says.
func (s *stmt) done(err error) error {
	rc := lib.Xsqlite3_reset(s.c.tls, s.p)
	if err == nil && rc != lib.SQLITE_OK {
		err = s.c.explained(rc, s.sql)
	}
	s.room.trim(s.c.tls)
	return err
}

// A room is memory for the texts that a statement is called with.
type room struct {
	p    uintptr
	size int
}

// Rooms are between smallRoom and largeRoom bytes; one made for larger texts is
// given back.
const smallRoom, largeRoom = 512, 64 << 10

// of returns n bytes, and one more, so that there is an address also for none.
func (r *room) of(tls *libc.TLS, n int) (uintptr, error) {
	if n < r.size {
		return r.p, nil
	}
	r.free(tls)
	size := max(smallRoom, 2*n)
	if r.p = libc.Xmalloc(tls, libc.Tsize_t(size)); r.p == 0 {
		return 0, fmt.Errorf("%w: for texts of %d bytes", errNoMemory, n)
	}
	r.size = size
	return r.p, nil
}

func (r *room) trim(tls *libc.TLS) {
	if r.size > largeRoom {
		r.free(tls)
	}
}

func (r *room) free(tls *libc.TLS) {
	if r.p != 0 {
		libc.Xfree(tls, r.p)
	}
	*r = room{}
}
