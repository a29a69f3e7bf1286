package sqlite

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	codes "modernc.org/sqlite/lib"
)

// faulty is a VFS that does what the default one does, unless a test makes it
// fail: it stands between SQLite and the disk for files opened with
// VFS("faulty").
var faulty struct {
	register sync.Once
	fails    atomic.Pointer[func(call, file string) int32] // an SQLite result code instead of the call

	tls    *libc.TLS
	base   *codes.Tsqlite3_vfs
	tables sync.Map // the VFS's tables of methods, by ours
	names  sync.Map // file names, by file
}

// failWith has calls fail for the rest of the test, or until they are made to
// succeed by nil.
func failWith(t *testing.T, f func(call, file string) int32) {
	if f == nil {
		faulty.fails.Store(nil)
		return
	}
	faulty.fails.Store(&f)
	t.Cleanup(func() { faulty.fails.Store(nil) })
}

// useFaulty registers the VFS once in this process.
func useFaulty(t *testing.T) VFS {
	faulty.register.Do(func() {
		prepareDriver()
		faulty.tls = libc.NewTLS()
		require.Zero(t, codes.Xsqlite3_initialize(faulty.tls))
		faulty.base = at[codes.Tsqlite3_vfs](codes.Xsqlite3_vfs_find(faulty.tls, 0))
		p := libc.Xmalloc(faulty.tls, libc.Tsize_t(unsafe.Sizeof(*faulty.base)))
		v := at[codes.Tsqlite3_vfs](p)
		*v = *faulty.base
		name, err := libc.CString("faulty")
		require.NoError(t, err)
		v.FzName, v.FpNext, v.FxOpen = name, 0, pointer(faultyOpen)
		require.Zero(t, codes.Xsqlite3_vfs_register(faulty.tls, p, 0))
	})
	return "faulty"
}

func fault(call string, file uintptr) int32 {
	f := faulty.fails.Load()
	if f == nil {
		return 0
	}
	name, _ := faulty.names.Load(file)
	s, _ := name.(string)
	return (*f)(call, s)
}

func faultyOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	rc := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](faulty.base.FxOpen)(
		tls, uintptr(unsafe.Pointer(faulty.base)), name, file, flags, out)
	if rc != 0 {
		return rc
	}
	f := at[codes.Tsqlite3_file](file)
	ours, ok := faulty.tables.Load(f.FpMethods)
	if !ok {
		m := *at[codes.Tsqlite3_io_methods](f.FpMethods)
		p := libc.Xmalloc(faulty.tls, libc.Tsize_t(unsafe.Sizeof(m)))
		m.FxWrite, m.FxSync, m.FxShmMap, m.FxRead = pointer(faultyWrite), pointer(faultySync), pointer(faultyShmMap), pointer(faultyRead)
		*at[codes.Tsqlite3_io_methods](p) = m
		faulty.tables.Store(p, f.FpMethods)
		faulty.tables.Store(f.FpMethods, p)
		ours = p
	}
	if name != 0 {
		faulty.names.Store(file, libc.GoString(name))
	}
	f.FpMethods = ours.(uintptr)
	return 0
}

// methods are the base VFS's for a file.
func methods(file uintptr) *codes.Tsqlite3_io_methods {
	base, _ := faulty.tables.Load(at[codes.Tsqlite3_file](file).FpMethods)
	return at[codes.Tsqlite3_io_methods](base.(uintptr))
}

func faultyWrite(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
	if rc := fault("write", file); rc != 0 {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](methods(file).FxWrite)(tls, file, from, n, offset)
}

func faultyRead(tls *libc.TLS, file, to uintptr, n int32, offset int64) int32 {
	if rc := fault("read", file); rc != 0 {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](methods(file).FxRead)(tls, file, to, n, offset)
}

func faultySync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if rc := fault("sync", file); rc != 0 {
		return rc
	}
	return function[func(*libc.TLS, uintptr, int32) int32](methods(file).FxSync)(tls, file, flags)
}

func faultyShmMap(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32 {
	if rc := fault("shmmap", file); rc != 0 {
		return rc
	}
	return function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](methods(file).FxShmMap)(tls, file, page, size, extend, out)
}

// function does the reverse of pointer.
func function[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&struct{ p uintptr }{p})) }

func isLog(file string) bool { return strings.HasSuffix(file, "-wal") }
