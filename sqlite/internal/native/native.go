// Package native is how Go code meets SQLite's, which was translated from C:
// addresses instead of pointers, of memory that the garbage collector does not
// know.
package native

import "unsafe"

// SyncLast is a flag of xSync beside SQLite's: only what was written last need be
// on the disk then.
const SyncLast = 0x1000

// At views the memory at p as a T.
func At[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// Bytes are the n bytes at p, good for as long as whoever lent them says.
func Bytes(p uintptr, n int) []byte {
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice(At[byte](p), n)
}

// Pointer makes a C function pointer of a Go function, as the translated SQLite
// represents them. f must live as long as the pointer is used: it is to be a
// function of a package, not one made on the way.
func Pointer[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f})) }

// Function is the reverse of Pointer.
func Function[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&struct{ p uintptr }{p})) }
