package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"time"
	"unsafe"
)

// A row is what the driver returns: int64, string, []byte, float64 or nil.
type row []driver.Value

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

// json keeps NULL and ” apart: the first is nil.
func (r row) json(i int) json.RawMessage {
	if s, ok := r[i].(string); ok {
		return append(json.RawMessage{}, s...)
	}
	return nil
}

// sum is a checksum. Bits that none has make another one of it.
func (r row) sum(i int) uint32 {
	n := r.int(i)
	return uint32(n) ^ uint32(n>>32)
}

// unset is how the zero time is stored where a column cannot be NULL.
var unset = time.Time{}.UnixNano()

func (r row) time(i int) time.Time {
	if n, ok := r[i].(int64); ok && n != unset {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}

// The functions below make arguments of conn.exec and conn.query.

// jsonArg binds a payload as text without copying it: the driver copies it
// before the statement runs, and the payload is not changed meanwhile.
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

// timeArg binds the zero time as NULL.
func timeArg(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}
