package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// A Lab is a folder with a scratch journal, a ledger, and the processes that
// work on them.
type Lab struct {
	Dir     string   // where everything lies
	Program []string // the binary to start, and its first arguments
	Env     []string // of its processes, as os.Environ has it; nil: this process's

	begun   atomic.Int64 // how many processes
	effects ledgerReader
}

// NewLab makes a scratch journal in dir, which must exist. program is the binary
// whose processes are to run its workflows; none: the one of this process.
func NewLab(dir string, program ...string) (*Lab, error) {
	if len(program) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the binary of this process, to start it again: %w", err)
		}
		program = []string{self}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("make a scratch journal: %w", err)
	}
	l := &Lab{Dir: dir, Program: program}
	db, err := sqlite.Open(l.Journal(), sqlite.Scratch)
	if err == nil {
		err = db.Close()
	}
	if err == nil {
		err = os.MkdirAll(l.tokens(), 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("make a scratch journal: %w", err)
	}
	return l, nil
}

// Journal is the path of the scratch journal.
func (l *Lab) Journal() string { return filepath.Join(l.Dir, "scratch.db") }

func (l *Lab) ledger() string { return filepath.Join(l.Dir, "ledger.jsonl") }
func (l *Lab) tokens() string { return filepath.Join(l.Dir, "tokens") }

// Ledger returns what has happened so far.
func (l *Lab) Ledger() ([]Entry, error) { return l.effects.read(l.ledger()) }

// Await returns the first entry of the ledger that is one, once it is there. A file
// tells nobody that it has grown: it is read again every 10 ms. The error is ctx's, if
// that ends first.
func (l *Lab) Await(ctx context.Context, is func(*Entry) bool) (Entry, error) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		entries, err := l.Ledger()
		if err != nil {
			return Entry{}, err
		}
		for i := range entries {
			if is(&entries[i]) {
				return entries[i], nil
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("wait for an entry of the ledger: %w", context.Cause(ctx))
		}
	}
}

const lookEvery = 10 * time.Millisecond

// Look opens the journal for the time of fn, as one more process that runs
// nothing.
func (l *Lab) Look(fn func(*sqlite.DB) error) error {
	db, err := sqlite.Open(l.Journal())
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// Check returns every broken promise that the journal itself shows.
func (l *Lab) Check(ctx context.Context) (found []string, err error) {
	err = l.Look(func(db *sqlite.DB) error {
		for v, err := range journal.Check(ctx, db) {
			if err != nil {
				return err
			}
			found = append(found, v.Error())
		}
		return nil
	})
	return found, err
}
