package walvfs

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A table holds the functions of a file: those of the layer below but for a few.
// SQLite has the address of its first field in the file.
type table struct {
	lib.Tsqlite3_io_methods
	below uintptr // the other layer's functions
	end   uintptr // how many bytes of a file are that layer's
	unix  bool    // which is SQLite's own for Unix
}

// A kind is what files with the same functions have in common.
type kind struct {
	below, end uintptr
	log        bool // or a database
	unix       bool // the layer below is SQLite's own for Unix
}

// end is where in a file the layer below ends and this one begins.
func end(below *lib.Tsqlite3_vfs) uintptr { return (uintptr(below.FszOsFile) + 7) &^ 7 }

// table is that of the files of a kind; 0 if there is no memory for it.
func (k kind) table() uintptr {
	r := &registry
	r.Lock()
	defer r.Unlock()
	if p := r.tables[k]; p != 0 {
		return p
	}
	t := table{*native.At[lib.Tsqlite3_io_methods](k.below), k.below, k.end, k.unix}
	t.FxClose = native.Pointer(xClose)
	if k.log {
		t.FxRead, t.FxWrite, t.FxTruncate = native.Pointer(xRead), native.Pointer(xWrite), native.Pointer(xTruncate)
		t.FxSync, t.FxFileSize = native.Pointer(xSync), native.Pointer(xFileSize)
	} else {
		t.FxShmLock, t.FxFileControl = native.Pointer(xShmLock), native.Pointer(xFileControl)
	}
	p := libc.Xmalloc(r.tls, libc.Tsize_t(unsafe.Sizeof(t)))
	if p != 0 {
		*native.At[table](p) = t
		r.tables[k] = p
	}
	return p
}

// isOurs reports whether SQLite calls this layer for the database at p.
func isOurs(p uintptr) bool { return tableOf(p).FxShmLock == native.Pointer(xShmLock) }

// tableOf is the one that SQLite calls for a file of ours.
func tableOf(p uintptr) *table { return native.At[table](native.At[lib.Tsqlite3_file](p).FpMethods) }

// under are the functions of the layer below for a file of ours.
func under(p uintptr) *lib.Tsqlite3_io_methods {
	return native.At[lib.Tsqlite3_io_methods](tableOf(p).below)
}
