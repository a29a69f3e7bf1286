package sqlite

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

// An Option changes how a file is opened.
type Option interface{ set(*settings) }

// A Mode is an Option that is on or off.
type Mode string

const (
	// Exclusive promises that no other process and no other handle uses the
	// file. Nothing is put beside it, no socket is opened and nothing polls:
	// for tests in testing/synctest, and for programs that keep a journal of
	// their own.
	Exclusive Mode = "exclusive"

	// AnyFileSystem opens the file also on a network file system, whose locks
	// and syncs may not be what they say.
	AnyFileSystem Mode = "any file system"
)

// Patience is how long a write waits for another process to let go of the file
// before it is refused with journal.ErrHeld. 10 s if not given.
type Patience time.Duration

// StepTime is how long a transactional step may take beside other writes of its
// commit; one that takes longer is undone and tried again alone. 50 ms if not
// given.
type StepTime time.Duration

// AloneTime is how long a transactional step may take when it is alone; then it
// fails. 5 s if not given.
type AloneTime time.Duration

// VFS names the SQLite VFS that the file is opened with, for fault injection; see
// package faultvfs.
type VFS string

type settings struct {
	exclusive, anyFS              bool
	patience, stepTime, aloneTime time.Duration
	vfs                           string
	scratch                       bool // the file is, or is to become, a scratch file
	probe                         journal.Probe
	sabotage                      Sabotage
	sync                          string // PRAGMA synchronous
	ripe                          int    // pages written between two checkpoints
}

func (m Mode) set(s *settings) {
	switch m {
	case Exclusive:
		s.exclusive = true
	case AnyFileSystem:
		s.anyFS = true
	case Scratch:
		s.scratch = true
	}
}
func (d Patience) set(s *settings)  { s.patience = time.Duration(d) }
func (d StepTime) set(s *settings)  { s.stepTime = time.Duration(d) }
func (d AloneTime) set(s *settings) { s.aloneTime = time.Duration(d) }
func (v VFS) set(s *settings)       { s.vfs = string(v) }

func choose(options []Option) settings {
	s := settings{patience: 10 * time.Second, stepTime: 50 * time.Millisecond, aloneTime: 5 * time.Second, sync: "FULL", ripe: ripePages}
	for _, o := range options {
		o.set(&s)
	}
	return s
}
