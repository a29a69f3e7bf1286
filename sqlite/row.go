package sqlite

import (
	"encoding/json"
	"slices"
	"time"
	"unsafe"

	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A row is what a statement has come to.
type row struct{ s *stmt }

func (r row) null(i int) bool {
	return lib.Xsqlite3_column_type(r.s.c.tls, r.s.p, int32(i)) == lib.SQLITE_NULL
}

// int is 0 of NULL.
func (r row) int(i int) int64 { return lib.Xsqlite3_column_int64(r.s.c.tls, r.s.p, int32(i)) }

// bytes are good until the next column is read; of NULL and ” they are nil.
func (r row) bytes(i int) []byte {
	p := lib.Xsqlite3_column_text(r.s.c.tls, r.s.p, int32(i))
	return native.Bytes(p, int(lib.Xsqlite3_column_bytes(r.s.c.tls, r.s.p, int32(i))))
}

func (r row) text(i int) string { return string(r.bytes(i)) }

// json keeps NULL and ” apart: the first is nil.
func (r row) json(i int) json.RawMessage {
	if r.null(i) {
		return nil
	}
	return append(json.RawMessage{}, r.bytes(i)...)
}

// sum is the checksum of a row with those columns. Bits that none has make another
// one of it, and so does 0 or an empty text in a column that is NULL for that: it
// means the same, and is not what was committed.
func (r row) sum(i int, columns ...int) uint32 {
	n := r.int(i)
	sum := uint32(n) ^ uint32(n>>32)
	if slices.ContainsFunc(columns, r.zero) {
		return ^sum
	}
	return sum
}

// zero reports whether the column holds 0 or an empty text.
func (r row) zero(i int) bool {
	switch lib.Xsqlite3_column_type(r.s.c.tls, r.s.p, int32(i)) {
	case lib.SQLITE_NULL:
		return false
	case lib.SQLITE_INTEGER:
		return r.int(i) == 0
	}
	return len(r.bytes(i)) == 0
}

// unset is how the zero time is stored where a column cannot be NULL.
var unset = time.Time{}.UnixNano()

func (r row) time(i int) time.Time {
	if n := r.int(i); n != unset && !r.null(i) {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}

// The functions below make arguments of conn.exec and conn.query.

// jsonArg binds a payload as text without copying it: bind does, and the payload
// is not changed meanwhile.
func jsonArg(b json.RawMessage) any {
	switch {
	case b == nil:
		return nil
	case len(b) == 0:
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// textArg binds "" as NULL.
func textArg[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// intArg binds 0 as NULL.
func intArg(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// flagArg binds false as NULL.
func flagArg(b bool) any {
	if !b {
		return nil
	}
	return int64(1)
}

// timeArg binds the zero time as NULL.
func timeArg(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}
