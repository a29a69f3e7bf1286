package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// The exit codes; `help exit-codes` prints them.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitCanceled  = 3
	exitNoRun     = 4
	exitTimeout   = 5
	exitConflict  = 6
	exitStuck     = 7
	exitFile      = 8
	exitServer    = 9
	exitInterrupt = 128 // and the signal's number
)

const exitCodes = `0    ok
1    the run failed
2    the command line could not be understood
3    the run was canceled or terminated
4    there is no such run
5    timed out waiting; the run goes on
6    conflict: the run is already closed, the id is taken, or another process owns the run
7    stuck: the journal does not match the code
8    the file: missing, foreign, newer, damaged, read-only, full, or held by a stopped process; doctor found something
9    a server cannot be reached, or refuses
130  interrupted by Ctrl-C; the run is safe and can be resumed
143  interrupted by SIGTERM; likewise
`

// errWaited says that what was waited for did not happen in time.
var errWaited = errors.New("timed out waiting")

// errOpen says that a run goes on, and nobody wanted to wait.
var errOpen = errors.New("has not ended")

// errFile marks whatever went wrong with opening the file.
var errFile = errors.New("cannot use the file")

// errUnhealthy says that doctor found something.
var errUnhealthy = errors.New("something is wrong with the file")

// A usageError is a command line that cannot be understood.
type usageError struct {
	err  error
	hint string
}

func usagef(format string, args ...any) *usageError {
	return &usageError{err: fmt.Errorf(format, args...)}
}

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }
func (u *usageError) Hint() string  { return u.hint }

// A hinted error comes with what to do next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

func withHint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

// exitCode says what an error means to a script.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	var interrupted interruption
	if errors.As(err, &interrupted) {
		return interrupted.code()
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	var script *chaos.ScriptError
	if errors.As(err, &script) {
		return exitUsage
	}
	var over *endError
	if errors.As(err, &over) {
		return over.code()
	}
	for _, row := range exitTable {
		for _, target := range row.errs {
			if errors.Is(err, target) {
				return row.code
			}
		}
	}
	var stuck *runner.StuckError
	var problem interface{ Problem() journal.Problem } // replay went wrong
	if errors.As(err, &stuck) || errors.As(err, &problem) {
		return exitStuck
	}
	return exitFailed
}

// exitTable is searched in order.
var exitTable = []struct {
	code int
	errs []error
}{
	{exitUsage, []error{chaos.ErrWaits, runner.ErrUnknownWorkflow, runner.ErrUnknownQuery, runner.ErrAmbiguous}},
	{exitNoRun, []error{journal.ErrNoRun}},
	{exitTimeout, []error{errWaited, errOpen, context.DeadlineExceeded}},
	{exitConflict, []error{journal.ErrClosed, journal.ErrExists, journal.ErrFenced, journal.ErrOpen}},
	{exitStuck, []error{journal.ErrStuck}},
	{exitFile, []error{errUnhealthy, errFile, journal.ErrFull, journal.ErrHeld, journal.ErrBroken, journal.ErrDamaged,
		journal.ErrForeign, journal.ErrNewer, journal.ErrReadOnly}},
}

// hint says what to do about err; "" if nothing comes to mind.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		return h.Hint()
	}
	for _, row := range hintTable {
		if errors.Is(err, row.err) {
			return row.hint
		}
	}
	return ""
}

var hintTable = []struct {
	err  error
	hint string
}{
	{journal.ErrFull, "free some space; nothing is lost, the same command carries on"},
	{journal.ErrHeld, "another process has stopped while it wrote (kill -CONT wakes it); doctor names it"},
	{journal.ErrBroken, "run the same command again; doctor checks the file"},
	{journal.ErrDamaged, "doctor says what is wrong; restore a backup if it cannot be mended"},
	{journal.ErrForeign, "--db names the file; it belongs to another program and was not touched"},
	{journal.ErrNewer, "use the newer program; the file was not touched"},
	{journal.ErrReadOnly, "make the file and its folder writable"},
	{os.ErrPermission, "make the file and its folder accessible to this user"},
}
