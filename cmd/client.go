package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// A client is the file with this program's bindings on it.
type client struct {
	*runner.Runner
	db *sqlite.DB
	s  *invocation
}

// open opens the file that is there.
func (s *invocation) open() (*client, error) {
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		return s.openOrCreate()
	}
	if folder := filepath.Dir(s.path); !exists(folder) {
		return nil, withHint(fmt.Errorf("%w: there is no %s, nor a folder %s", errFile, s.path, folder), "%s", noFolderHint(s.path))
	}
	return nil, withHint(fmt.Errorf("%w: there is no %s", errFile, s.path),
		"--db FILE or DURABLE_DB names another one; %s creates it", s.command("run"))
}

// openOrCreate opens the file, and creates it if there is none.
func (s *invocation) openOrCreate() (*client, error) {
	options, err := s.Orders.Options()
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(s.path, options...)
	if errors.Is(err, syscall.EISDIR) {
		return nil, withHint(fmt.Errorf("%w: %w", errFile, err), "--db names a file, for instance %s", filepath.Join(s.path, "durable.db"))
	}
	if err != nil {
		return nil, inFolder(fmt.Errorf("%w: %w", errFile, err), s.path)
	}
	r, err := runner.New(db, s.Bindings...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("this program's bindings: %w", err), db.Close())
	}
	r.Logger, r.MaxPayload = s.log, s.largest
	s.Orders.Apply(r, db)
	s.warnOfLosses(db)
	return &client{r, db, s}, nil
}

// warnOfLosses says so if the end of the log was lost: what it held will be done
// again.
func (s *invocation) warnOfLosses(db *sqlite.DB) {
	lost := db.Lost()
	for _, l := range lost {
		s.screen.Line(s.screen.style.in(red, "warning:") + " " + clean(l.String()))
	}
	if len(lost) > 0 {
		s.screen.Line("hint:  " + s.command("doctor") + " looks at the whole file, and with --accept-loss this is not said again")
	}
}

// with opens the file that is there for the time of fn.
func (s *invocation) with(fn func(*client) error) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	return errors.Join(fn(r), r.db.Close())
}
