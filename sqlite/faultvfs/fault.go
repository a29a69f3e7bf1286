package faultvfs

import (
	"fmt"
	"strings"
)

// A Kind is which of SQLite's files a call is about.
type Kind string

const (
	Any      Kind = ""
	Database Kind = "database" // also copies of it, and files without a name
	Log      Kind = "log"      // the -wal
	Journal  Kind = "journal"  // the rollback journal, used until the file has a log
)

func kindOf(name string) Kind {
	switch {
	case strings.HasSuffix(name, "-wal"):
		return Log
	case strings.HasSuffix(name, "-journal"):
		return Journal
	}
	return Database
}

// An Op is what SQLite asks of a file.
type Op string

const (
	Open     Op = "open"
	Read     Op = "read"
	Write    Op = "write"
	Sync     Op = "sync"
	Truncate Op = "truncate"
	Delete   Op = "delete"
	Size     Op = "size"
	Access   Op = "access"   // does it exist?
	Lock     Op = "lock"     // of the database
	MapIndex Op = "mapindex" // of the -shm; counts as the database's
	LockLog  Op = "locklog"  // in the -shm; likewise
)

// Ops are all of them.
var Ops = []Op{Open, Read, Write, Sync, Truncate, Delete, Size, Access, Lock, MapIndex, LockLog}

// A Fault says which calls fail, and how.
type Fault struct {
	File   Kind
	Op     Op
	Call   int  // the first one to fail; 1, or 0, is the next
	Sticky bool // and all after it

	// Code is the SQLite result code that the call returns, such as
	// SQLITE_IOERR_WRITE of modernc.org/sqlite/lib. With 0, SQLITE_OK, a write,
	// sync, truncation or deletion says that it was done and was not: a disk that
	// lies.
	Code int32

	// Half has the first half of a write reach the file all the same, or of a read
	// the buffer; the rest of that is zeros.
	Half bool
}

func (f Fault) String() string {
	s := fmt.Sprintf("%s of %s fails with %d", f.Op, f.File, f.Code)
	if f.Half {
		s += " half way"
	}
	s += fmt.Sprintf(" at call %d", max(1, f.Call))
	if f.Sticky {
		s += " and after"
	}
	return s
}

// Fail makes calls fail from now on, in place of an earlier Fault.
func (v *VFS) Fail(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault, v.seen, v.hits = &f, 0, 0
}

// Mend lets all calls succeed.
func (v *VFS) Mend() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = nil
}

// Hits is how many calls have failed by the last Fault.
func (v *VFS) Hits() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hits
}

// Calls is how many calls there were since Register; of all files for Any.
func (v *VFS) Calls(file Kind, op Op) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if file != Any {
		return v.calls[call{file, op}]
	}
	return v.calls[call{Database, op}] + v.calls[call{Log, op}] + v.calls[call{Journal, op}]
}

type call struct {
	file Kind
	op   Op
}

// meet counts a call, and returns the fault that it meets, if any.
func (v *VFS) meet(file Kind, op Op) *Fault {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls[call{file, op}]++
	f := v.fault
	if f == nil || f.Op != op || f.File != Any && f.File != file {
		return nil
	}
	v.seen++
	first := max(1, f.Call)
	if v.seen < first || v.seen > first && !f.Sticky {
		return nil
	}
	v.hits++
	return f
}
