package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	codes "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
)

// errClosed is returned by a handle that was closed.
var errClosed = errors.New("the file is closed")

var errNoMemory = errors.New("no memory left")

// A coded is an error of SQLite, the driver's or this package's.
type coded interface {
	error
	Code() int
}

// explain wraps an error of SQLite, or of the system for want of room, so that it
// can be matched with the journal's. Others pass through.
func explain(err error) error {
	if noRoom(err) && !errors.Is(err, journal.ErrFull) {
		return fmt.Errorf("%w: %w", journal.ErrFull, err)
	}
	var e coded
	if !errors.As(err, &e) {
		return err
	}
	if meaning := meaning(e.Code()); meaning != nil && !errors.Is(err, meaning) {
		return fmt.Errorf("%w: %w", meaning, err)
	}
	return err
}

// noRoom reports whether the system itself refused a write beside SQLite's: in
// the side folder, of a name, of a copy.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// meaning says what an extended result code means to a journal; nil: nothing
// that is known.
func meaning(code int) error {
	switch code {
	case codes.SQLITE_IOERR_SHMSIZE: // the -shm could not grow: that is how a full disk looks there
		return journal.ErrFull
	case codes.SQLITE_READONLY_DBMOVED: // the file was moved or replaced while open
		return journal.ErrBroken
	}
	switch code & 0xff {
	case codes.SQLITE_FULL:
		return journal.ErrFull
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL:
		return journal.ErrHeld
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return journal.ErrReadOnly
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return journal.ErrDamaged
	case codes.SQLITE_IOERR:
		return journal.ErrBroken
	}
	return nil
}

// again reports whether the same group of writes may be tried once more: it is
// certain that nothing of it was written.
func again(err error) bool {
	return errors.Is(err, journal.ErrFull) || errors.Is(err, journal.ErrHeld)
}

// A refusal is why one write is not carried out; the group goes on without it.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }
