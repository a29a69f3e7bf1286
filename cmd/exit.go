package cmd

import (
	"context"
	"errors"
	"fmt"

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
5    timed out waiting, or it has not begun or ended yet; the run goes on
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

// errQueued says that a run has not begun: there is nobody to ask yet.
var errQueued = errors.New("it has not begun")

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
	switch {
	case errors.As(err, &stuck):
		return stuckCode(stuck.Problem)
	case errors.As(err, &problem):
		return stuckCode(problem.Problem())
	}
	return exitFailed
}

// stuckCode tells a run whose events are damaged from one that its code does not
// match.
func stuckCode(p journal.Problem) int {
	if p.Kind == problemDamage {
		return exitFile
	}
	return exitStuck
}

// exitTable is searched in order.
var exitTable = []struct {
	code int
	errs []error
}{
	{exitUsage, []error{chaos.ErrWaits, runner.ErrUnknownWorkflow, runner.ErrUnknownQuery, runner.ErrAmbiguous, runner.ErrTooLarge}},
	{exitNoRun, []error{journal.ErrNoRun}},
	{exitTimeout, []error{errWaited, errOpen, errQueued, context.DeadlineExceeded}},
	{exitFile, []error{journal.ErrDamaged}}, // whatever came of it
	{exitConflict, []error{journal.ErrClosed, journal.ErrExists, journal.ErrFenced, journal.ErrOpen}},
	{exitStuck, []error{journal.ErrStuck}},
	{exitFile, []error{errUnhealthy, errFile, journal.ErrFull, journal.ErrHeld, journal.ErrBroken,
		journal.ErrForeign, journal.ErrNewer, journal.ErrReadOnly}},
}
