package walvfs

import (
	"encoding/binary"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/sqlite/internal/native"
)

// A file is what this layer knows of a log or a database that SQLite has open. It
// lies in SQLite's memory, behind what the layer below knows.
type file struct {
	other   uintptr // a database's log, a log's database; 0: not open
	memory  uintptr // what the room is part of
	room    uintptr // roomSize bytes; 0: none yet
	first   int64   // where in the log what waits goes. It lies as far into the room as that is into its block
	waits   int32   // how many bytes of it there are
	fails   int32   // why a gathered write failed, until the lock of writing is let go
	errno   int32   // of the system, while it is asked for
	last    bool    // the frame written now is the last of its commit
	cramped bool    // there was no room to make the log longer
	next    int64   // where the last write ended
	length  int64   // of the log, as far as is known; it may be longer
	salts   uint64  // of the frame written now
	tail    tail
	past    past
}

// roomSize is enough for 29 frames of a page of 4 KiB, wherever in a block they
// begin. It must be less than 128 KiB: of that, SQLite's write on Unix does nothing
// at all.
const roomSize = 124 << 10

// frameHeader is the size of a frame's header: the page's number, then, if the
// frame is the last of its commit, how many pages the database then has, then two
// salts, which are others each time the log begins again, and more.
const frameHeader = 24

func fileAt(p uintptr) *file { return native.At[file](p + tableOf(p).end) }

// xWrite gathers what follows on the write before it, until a commit is complete.
func xWrite(tls *libc.TLS, p, from uintptr, n int32, offset int64) int32 {
	f := fileAt(p)
	if f.fails != lib.SQLITE_OK {
		return f.fails
	}
	data := native.Bytes(from, int(n))
	follows := offset == f.next
	if n == frameHeader {
		f.last = binary.BigEndian.Uint32(data[4:]) != 0
		f.salts = binary.BigEndian.Uint64(data[8:])
	}
	if !follows || into(f.first)+f.waits+n > roomSize {
		if rc := flush(tls, p); rc != lib.SQLITE_OK {
			return rc
		}
	}
	f.next = offset + int64(n)
	if !follows || into(offset)+n > roomSize || !f.roomFor(tls) {
		f.tail = tail{}
		return write(tls, p, from, n, offset)
	}
	if f.waits == 0 {
		if offset <= f.first { // it begins again, and may have been cut off
			f.length, f.cramped = 0, false
		}
		f.first = offset
	}
	copy(f.bytes(into(f.first)+f.waits, n), data)
	f.waits += n
	if f.last && n != frameHeader {
		f.past.committing()
		return flush(tls, p)
	}
	return lib.SQLITE_OK
}

// roomFor makes the room. It begins a block of memory, which a write past the cache
// needs.
func (f *file) roomFor(tls *libc.TLS) bool {
	if f.room == 0 {
		p := libc.Xmalloc(tls, roomSize+block)
		if p == 0 {
			return false
		}
		f.memory, f.room = p, (p+block-1)&^(block-1)
	}
	return true
}

// bytes are n of the room.
func (f *file) bytes(from, n int32) []byte { return native.Bytes(f.room+uintptr(from), int(n)) }

// flush writes what waits. If that fails, so does every write until the lock of
// writing is let go. SQLite may be reading, not writing, and after a failed read it
// only gives up the statement: the transaction would go on, and be committed, over
// the hole that it does not know of.
func flush(tls *libc.TLS, p uintptr) int32 {
	f := fileAt(p)
	n := f.waits
	if n == 0 {
		return lib.SQLITE_OK
	}
	f.waits, f.tail.paid = 0, false
	if f.tail.continued(f.first, f.salts) {
		f.fails = f.writeBlocks(tls, p, n)
	} else {
		f.fails = write(tls, p, f.room+uintptr(into(f.first)), n, f.first)
	}
	if f.last && f.fails == lib.SQLITE_OK && !f.tail.paid {
		f.fails = f.lengthen(tls, p, f.first+int64(n))
	}
	f.keepTail(n)
	return f.fails
}

func write(tls *libc.TLS, p, from uintptr, n int32, offset int64) int32 {
	return native.Function[moveFunc](under(p).FxWrite)(tls, p, from, n, offset)
}
