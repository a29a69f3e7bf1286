package walvfs

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A vfs is what SQLite knows this layer by. It lies in SQLite's memory.
type vfs struct {
	lib.Tsqlite3_vfs
	base uintptr // the layer below
	unix bool    // which is SQLite's own for Unix
}

// registry is what was registered, by the name of the layer below. It is never
// taken back.
var registry struct {
	sync.Mutex
	tls    *libc.TLS
	names  map[string]string
	tables map[kind]uintptr
}

// Over puts the layer over the VFS named base, or over the default one, and
// returns the name to open files with. It is safe for use by several goroutines.
func Over(base string) (name string, err error) {
	r := &registry
	r.Lock()
	defer r.Unlock()
	if name := r.names[base]; name != "" {
		return name, nil
	}
	if r.tls == nil {
		r.tls = libc.NewTLS()
		r.names, r.tables = map[string]string{}, map[kind]uintptr{}
	}
	if name, err = register(r.tls, base); err != nil {
		return "", fmt.Errorf("register a VFS over %q: %w", base, err)
	}
	r.names[base] = name
	return name, nil
}

func register(tls *libc.TLS, base string) (name string, err error) {
	if rc := lib.Xsqlite3_initialize(tls); rc != 0 {
		return "", fmt.Errorf("initialize SQLite: code %d", rc)
	}
	below := uintptr(0)
	if base != "" {
		if below, err = libc.CString(base); err != nil {
			return "", err
		}
		defer libc.Xfree(tls, below)
	}
	found := lib.Xsqlite3_vfs_find(tls, below)
	if found == 0 {
		return "", fmt.Errorf("SQLite has no such VFS")
	}
	v := native.At[lib.Tsqlite3_vfs](found)
	name = "durable-" + libc.GoString(v.FzName)
	text, err := libc.CString(name)
	if err != nil {
		return "", err
	}
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(vfs{})))
	if p == 0 {
		return "", fmt.Errorf("no memory")
	}
	ours := native.At[vfs](p)
	*ours = vfs{*v, found, libc.GoString(v.FzName) == "unix"}
	ours.FzName, ours.FpNext = text, 0
	ours.FszOsFile = int32(end(v) + unsafe.Sizeof(file{}))
	ours.FxOpen, ours.FxDelete, ours.FxAccess = native.Pointer(xOpen), native.Pointer(xDelete), native.Pointer(xAccess)
	if rc := lib.Xsqlite3_vfs_register(tls, p, 0); rc != 0 {
		return "", fmt.Errorf("code %d", rc)
	}
	return name, nil
}
