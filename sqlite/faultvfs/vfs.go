package faultvfs

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A VFS is one that was registered. Its methods are safe for use by several
// goroutines.
type VFS struct {
	name string
	base *lib.Tsqlite3_vfs
	fast atomic.Bool

	mu    sync.Mutex
	calls map[call]int
	fault *Fault
	seen  int // calls since it was set that it is about
	hits  int
	rec   *Recording
}

// Everything SQLite hands to the functions of a VFS is an address.
var registry struct {
	sync.Mutex
	tls    *libc.TLS
	named  map[string]*VFS
	vfs    map[uintptr]*VFS
	files  map[uintptr]*file   // that are open
	tables map[uintptr]uintptr // ours, by the base's: unix has several
}

// A file is what is known of one that SQLite has open.
type file struct {
	vfs   *VFS
	kind  Kind
	base  uintptr // its methods
	inode int     // in the recording that runs; noInode: not in it
	rec   *Recording
}

// Register makes a VFS over the default one, for files opened with its name. The
// second call with a name returns the first one's.
func Register(name string) (*VFS, error) {
	r := &registry
	r.Lock()
	defer r.Unlock()
	if v := r.named[name]; v != nil {
		return v, nil
	}
	if r.tls == nil {
		r.tls = libc.NewTLS()
		r.named, r.vfs, r.files, r.tables = map[string]*VFS{}, map[uintptr]*VFS{}, map[uintptr]*file{}, map[uintptr]uintptr{}
	}
	if rc := lib.Xsqlite3_initialize(r.tls); rc != 0 {
		return nil, fmt.Errorf("register VFS %s: initialize SQLite: code %d", name, rc)
	}
	base := lib.Xsqlite3_vfs_find(r.tls, 0)
	if base == 0 {
		return nil, fmt.Errorf("register VFS %s: SQLite has no default one", name)
	}
	v := &VFS{name: name, base: native.At[lib.Tsqlite3_vfs](base), calls: map[call]int{}}
	p := libc.Xmalloc(r.tls, libc.Tsize_t(unsafe.Sizeof(*v.base)))
	text, err := libc.CString(name)
	if err != nil || p == 0 {
		return nil, fmt.Errorf("register VFS %s: no memory: %w", name, err)
	}
	c := native.At[lib.Tsqlite3_vfs](p)
	*c = *v.base
	c.FzName, c.FpNext = text, 0
	c.FxOpen, c.FxDelete, c.FxAccess = native.Pointer(xOpen), native.Pointer(xDelete), native.Pointer(xAccess)
	if rc := lib.Xsqlite3_vfs_register(r.tls, p, 0); rc != 0 {
		return nil, fmt.Errorf("register VFS %s: code %d", name, rc)
	}
	r.named[name], r.vfs[p] = v, v
	return v, nil
}

// Name is what the file is to be opened with.
func (v *VFS) Name() string { return v.name }

// Hurry has syncs be counted, made to fail and recorded as ever, but not reach the
// real disk: for tests in which only what is recorded loses its power.
func (v *VFS) Hurry() { v.fast.Store(true) }

func vfsAt(p uintptr) *VFS {
	registry.Lock()
	defer registry.Unlock()
	return registry.vfs[p]
}

func fileAt(p uintptr) *file {
	registry.Lock()
	defer registry.Unlock()
	return registry.files[p]
}

// shim puts our methods in front of those of a file that was just opened.
func (f *file) shim(p uintptr) {
	r := &registry
	r.Lock()
	defer r.Unlock()
	c := native.At[lib.Tsqlite3_file](p)
	f.base = c.FpMethods
	ours, ok := r.tables[f.base]
	if !ok {
		m := *native.At[lib.Tsqlite3_io_methods](f.base)
		m.FxClose, m.FxRead, m.FxWrite, m.FxTruncate, m.FxSync = native.Pointer(xClose), native.Pointer(xRead), native.Pointer(xWrite), native.Pointer(xTruncate), native.Pointer(xSync)
		m.FxFileSize, m.FxLock, m.FxShmMap, m.FxShmLock = native.Pointer(xFileSize), native.Pointer(xLock), native.Pointer(xShmMap), native.Pointer(xShmLock)
		ours = libc.Xmalloc(r.tls, libc.Tsize_t(unsafe.Sizeof(m)))
		*native.At[lib.Tsqlite3_io_methods](ours) = m
		r.tables[f.base] = ours
	}
	r.files[p] = f
	c.FpMethods = ours
}

// unshim undoes it, since the base's close looks at the methods.
func (f *file) unshim(p uintptr) {
	registry.Lock()
	defer registry.Unlock()
	delete(registry.files, p)
	native.At[lib.Tsqlite3_file](p).FpMethods = f.base
}

func (f *file) methods() *lib.Tsqlite3_io_methods { return native.At[lib.Tsqlite3_io_methods](f.base) }
