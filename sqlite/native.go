package sqlite

import (
	"fmt"
	"sync"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// This file is the border to SQLite itself, which the driver has translated to
// Go: its errors, and how to come by its connections.

// An sqlError is an error of SQLite, as the driver's own.
type sqlError struct {
	code int // the extended result code
	text string
}

func (e *sqlError) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

// Code is that of the driver's errors.
func (e *sqlError) Code() int { return e.code }

// opening has one connection made at a time, so that its handle can be caught:
// SQLite calls catch for each connection that it opens.
var opening sync.Mutex

// caught are the connections that SQLite opened meanwhile, by the names of their
// files. Others of this process, of files that are none of ours, may be among
// them.
var caught struct {
	sync.Mutex
	handles map[uintptr]string
}

// catch is an automatic extension of SQLite's.
func catch(tls *libc.TLS, handle, _, _ uintptr) int32 {
	caught.Lock()
	defer caught.Unlock()
	caught.handles[handle] = libc.GoString(lib.Xsqlite3_db_filename(tls, handle, 0))
	return lib.SQLITE_OK
}

// handleAt picks the connection to the file at path.
func handleAt(path string) (found uintptr, err error) {
	caught.Lock()
	defer caught.Unlock()
	for handle, name := range caught.handles {
		if found == 0 && len(caught.handles) == 1 || name == path { // SQLite may write the one path otherwise
			found = handle
		}
	}
	if found == 0 {
		err = fmt.Errorf("find the connection to %s among %d: other databases were opened at the same moment", path, len(caught.handles))
	}
	return found, err
}

// handleOf calls connect and returns SQLite's handle of the connection to the
// file at path that it opens. The driver does not tell.
func handleOf(path string, connect func() error) (uintptr, error) {
	opening.Lock()
	defer opening.Unlock()
	caught.Lock()
	caught.handles = map[uintptr]string{}
	caught.Unlock()
	tls := libc.NewTLS()
	defer tls.Close()
	entry := native.Pointer(catch)
	if rc := lib.Xsqlite3_auto_extension(tls, entry); rc != lib.SQLITE_OK {
		return 0, &sqlError{int(rc), "register an extension"}
	}
	defer lib.Xsqlite3_cancel_auto_extension(tls, entry)
	if err := connect(); err != nil {
		return 0, err
	}
	return handleAt(path)
}
