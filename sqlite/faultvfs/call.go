package faultvfs

import (
	"os"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// The functions that SQLite calls. Each asks for a fault first, then calls the
// base's, then tells the recording.

type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	nameFunc  = func(tls *libc.TLS, vfs, name uintptr, flag int32, out uintptr) int32
	delFunc   = func(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32
	closeFunc = func(tls *libc.TLS, file uintptr) int32
	moveFunc  = func(tls *libc.TLS, file, buffer uintptr, n int32, offset int64) int32
	sizeFunc  = func(tls *libc.TLS, file uintptr, size int64) int32
	flagFunc  = func(tls *libc.TLS, file uintptr, flag int32) int32
	outFunc   = func(tls *libc.TLS, file, out uintptr) int32
	mapFunc   = func(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32
	shmFunc   = func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32
)

func (v *VFS) address() uintptr { return uintptr(unsafe.Pointer(v.base)) }

func xOpen(tls *libc.TLS, vfs, name, p uintptr, flags int32, out uintptr) int32 {
	v, path := vfsAt(vfs), ""
	if name != 0 {
		path = libc.GoString(name)
	}
	f := &file{vfs: v, kind: kindOf(path)}
	if bad := v.meet(f.kind, Open); bad != nil {
		native.At[lib.Tsqlite3_file](p).FpMethods = 0
		return bad.Code
	}
	_, absent := os.Lstat(path)
	rc := native.Function[openFunc](v.base.FxOpen)(tls, v.address(), name, p, flags, out)
	if rc != 0 {
		return rc
	}
	f.rec, f.inode = v.opened(path, absent != nil)
	f.shim(p)
	return 0
}

func xClose(tls *libc.TLS, p uintptr) int32 {
	f := fileAt(p)
	f.unshim(p)
	return native.Function[closeFunc](f.methods().FxClose)(tls, p)
}

func xDelete(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32 {
	v, path := vfsAt(vfs), libc.GoString(name)
	if bad := v.meet(kindOf(path), Delete); bad != nil {
		return bad.Code
	}
	rc := native.Function[delFunc](v.base.FxDelete)(tls, v.address(), name, syncFolder)
	if rc == 0 {
		v.deleted(path, syncFolder != 0)
	}
	return rc
}

func xAccess(tls *libc.TLS, vfs, name uintptr, flag int32, out uintptr) int32 {
	v := vfsAt(vfs)
	if bad := v.meet(kindOf(libc.GoString(name)), Access); bad != nil {
		return bad.Code
	}
	return native.Function[nameFunc](v.base.FxAccess)(tls, v.address(), name, flag, out)
}

func xRead(tls *libc.TLS, p, to uintptr, n int32, offset int64) int32 {
	f := fileAt(p)
	read := native.Function[moveFunc](f.methods().FxRead)
	bad := f.vfs.meet(f.kind, Read)
	if bad == nil {
		return read(tls, p, to, n, offset)
	}
	clear(native.Bytes(to, int(n)))
	if bad.Half {
		_ = read(tls, p, to, n/2, offset) // the call fails in any case
	}
	return bad.Code
}

func xWrite(tls *libc.TLS, p, from uintptr, n int32, offset int64) int32 {
	f := fileAt(p)
	bad := f.vfs.meet(f.kind, Write)
	if bad != nil {
		n /= 2
		if !bad.Half || n == 0 {
			return bad.Code
		}
	}
	rc := native.Function[moveFunc](f.methods().FxWrite)(tls, p, from, n, offset)
	if rc == 0 {
		f.rec.write(f.inode, offset, native.Bytes(from, int(n)))
	}
	if bad != nil {
		return bad.Code
	}
	return rc
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	f := fileAt(p)
	if bad := f.vfs.meet(f.kind, Truncate); bad != nil {
		return bad.Code
	}
	rc := native.Function[sizeFunc](f.methods().FxTruncate)(tls, p, size)
	if rc == 0 {
		f.rec.truncate(f.inode, size)
	}
	return rc
}

func xSync(tls *libc.TLS, p uintptr, flags int32) int32 {
	f := fileAt(p)
	if bad := f.vfs.meet(f.kind, Sync); bad != nil {
		return bad.Code
	}
	from, rc := f.rec.Len(), int32(0)
	if !f.vfs.fast.Load() {
		rc = native.Function[flagFunc](f.methods().FxSync)(tls, p, flags&^native.SyncLast)
	}
	switch {
	case rc != 0:
	case flags&native.SyncLast != 0:
		f.rec.syncLast(f.inode)
	default:
		f.rec.sync(f.inode, from, f.kind != Database) // of a new one SQLite syncs the folder, too
	}
	return rc
}

func xFileSize(tls *libc.TLS, p, out uintptr) int32 {
	f := fileAt(p)
	if bad := f.vfs.meet(f.kind, Size); bad != nil {
		return bad.Code
	}
	return native.Function[outFunc](f.methods().FxFileSize)(tls, p, out)
}

func xLock(tls *libc.TLS, p uintptr, level int32) int32 {
	f := fileAt(p)
	if bad := f.vfs.meet(f.kind, Lock); bad != nil {
		return bad.Code
	}
	return native.Function[flagFunc](f.methods().FxLock)(tls, p, level)
}

func xShmMap(tls *libc.TLS, p uintptr, page, size, extend int32, out uintptr) int32 {
	f := fileAt(p)
	if bad := f.vfs.meet(f.kind, MapIndex); bad != nil {
		*native.At[uintptr](out) = 0
		return bad.Code
	}
	return native.Function[mapFunc](f.methods().FxShmMap)(tls, p, page, size, extend, out)
}

func xShmLock(tls *libc.TLS, p uintptr, offset, n, flags int32) int32 {
	f := fileAt(p)
	if flags&lib.SQLITE_SHM_LOCK != 0 { // giving one back cannot fail
		if bad := f.vfs.meet(f.kind, LockLog); bad != nil {
			return bad.Code
		}
	}
	return native.Function[shmFunc](f.methods().FxShmLock)(tls, p, offset, n, flags)
}
