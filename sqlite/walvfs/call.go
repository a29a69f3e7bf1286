package walvfs

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// The functions that SQLite calls. It calls those of one file from one goroutine
// at a time.

type (
	openFunc    = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	deleteFunc  = func(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32
	accessFunc  = func(tls *libc.TLS, vfs, name uintptr, flag int32, out uintptr) int32
	closeFunc   = func(tls *libc.TLS, file uintptr) int32
	moveFunc    = func(tls *libc.TLS, file, buffer uintptr, n int32, offset int64) int32
	sizeFunc    = func(tls *libc.TLS, file uintptr, size int64) int32
	flagFunc    = func(tls *libc.TLS, file uintptr, flag int32) int32
	outFunc     = func(tls *libc.TLS, file, out uintptr) int32
	controlFunc = func(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32
	shmFunc     = func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32
)

// below is the layer under v. It is handed its own address, since it may look
// itself up by that.
func below(v uintptr) (*lib.Tsqlite3_vfs, uintptr) {
	base := native.At[vfs](v).base
	return native.At[lib.Tsqlite3_vfs](base), base
}

func xOpen(tls *libc.TLS, v, name, p uintptr, flags int32, out uintptr) int32 {
	layer, base := below(v)
	rc := native.Function[openFunc](layer.FxOpen)(tls, base, name, p, flags, out)
	if rc == lib.SQLITE_OK && flags&(lib.SQLITE_OPEN_MAIN_DB|lib.SQLITE_OPEN_WAL) != 0 {
		wrap(v, p, name, flags&lib.SQLITE_OPEN_WAL != 0)
	}
	return rc
}

// wrap puts our functions before those of a file that was opened. Without memory
// for that the file simply has those of the layer below.
func wrap(v, p, name uintptr, isLog bool) {
	database := uintptr(0)
	if isLog {
		database = lib.Xsqlite3_database_file_object(nil, name) // it is open, with this layer
		if !isOurs(database) {
			return
		}
	}
	c := native.At[lib.Tsqlite3_file](p)
	layer, _ := below(v)
	t := kind{c.FpMethods, end(layer), isLog, native.At[vfs](v).unix}.table()
	if t == 0 {
		return
	}
	c.FpMethods = t
	*fileAt(p) = file{other: database}
	if isLog {
		fileAt(database).other = p
	}
}

func xDelete(tls *libc.TLS, v, name uintptr, syncFolder int32) int32 {
	layer, base := below(v)
	return native.Function[deleteFunc](layer.FxDelete)(tls, base, name, syncFolder)
}

func xAccess(tls *libc.TLS, v, name uintptr, flag int32, out uintptr) int32 {
	layer, base := below(v)
	return native.Function[accessFunc](layer.FxAccess)(tls, base, name, flag, out)
}

func xClose(tls *libc.TLS, p uintptr) int32 {
	f, base := fileAt(p), tableOf(p).below
	if f.other != 0 {
		fileAt(f.other).other = 0
	}
	if f.memory != 0 {
		libc.Xfree(tls, f.memory)
	}
	f.past.close()
	native.At[lib.Tsqlite3_file](p).FpMethods = base // its close looks at that
	return native.Function[closeFunc](native.At[lib.Tsqlite3_io_methods](base).FxClose)(tls, p)
}

func xRead(tls *libc.TLS, p, to uintptr, n int32, offset int64) int32 {
	if rc := flush(tls, p); rc != lib.SQLITE_OK {
		return rc
	}
	reads.Add(1)
	return native.Function[moveFunc](under(p).FxRead)(tls, p, to, n, offset)
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	if rc := flush(tls, p); rc != lib.SQLITE_OK {
		return rc
	}
	fileAt(p).length = 0
	return native.Function[sizeFunc](under(p).FxTruncate)(tls, p, size)
}

func xSync(tls *libc.TLS, p uintptr, flags int32) int32 {
	if rc := flush(tls, p); rc != lib.SQLITE_OK {
		return rc
	}
	t := &fileAt(p).tail
	if t.takePaid() {
		return lib.SQLITE_OK
	}
	rc := native.Function[flagFunc](under(p).FxSync)(tls, p, flags)
	t.onDisk = rc == lib.SQLITE_OK
	return rc
}

func xFileSize(tls *libc.TLS, p, out uintptr) int32 {
	if rc := flush(tls, p); rc != lib.SQLITE_OK {
		return rc
	}
	return native.Function[outFunc](under(p).FxFileSize)(tls, p, out)
}

// The numbers of locks: the one that only the writer of a log has, and the first
// of those of who reads up to some place in it.
const (
	writeLock = 0
	readLocks = 3
)

// xShmLock is called for the database. When the lock of writing is let go the
// transaction is over, and somebody else may write to the log where what waits
// would go.
func xShmLock(tls *libc.TLS, p uintptr, offset, n, flags int32) int32 {
	if log := fileAt(p).other; log != 0 {
		f, unlock := fileAt(log), flags&lib.SQLITE_SHM_UNLOCK != 0
		switch {
		case offset == writeLock && unlock:
			f.waits, f.fails, f.tail.paid = 0, lib.SQLITE_OK, false
		case offset == writeLock:
			f.tail.begin()
		case offset >= readLocks && unlock:
			f.past.calm = 0
		}
	}
	return native.Function[shmFunc](under(p).FxShmLock)(tls, p, offset, n, flags)
}

// xFileControl is called for the database; among others when a commit is complete, and
// the lock of writing was let go.
func xFileControl(tls *libc.TLS, p uintptr, op int32, arg uintptr) int32 {
	if log := fileAt(p).other; log != 0 && op == lib.SQLITE_FCNTL_COMMIT_PHASETWO {
		fileAt(log).tail.commit()
	}
	return native.Function[controlFunc](under(p).FxFileControl)(tls, p, op, arg)
}
