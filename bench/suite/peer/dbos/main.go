// DBOS Transact for Go on SQLite: as it ships, which syncs at checkpoints only,
// and with synchronous=FULL.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite"

	"github.com/seed139febb4/durable/bench/suite/port"
)

const (
	day = 24 * time.Hour

	// A second process with the same executor id would not stand by but run the
	// workflow at once, beside the first.
	alone = "a process takes up workflows when it starts, and those of its own executor id"
)

var version = "DBOS Transact Go " + port.ModuleVersion("github.com/dbos-inc/dbos-transact-golang")

func main() {
	port.Serve(
		port.Peer{
			Name:    "dbos",
			Version: version,
			Alone:   alone,
			Durable: "SQLite, WAL, synchronous=NORMAL, as it ships: survives kill -9, a power cut may take back what was acknowledged",
			Open:    opener(shipped),
		},
		port.Peer{
			Name:    "dbos-full",
			Version: version,
			Alone:   alone,
			Durable: "SQLite, WAL, synchronous=FULL on every connection, on a handle of ours that is otherwise as its own",
			Open:    opener(full),
		})
}

type system struct {
	dbos  dbos.Context
	db    *sql.DB // ours; nil: DBOS has its own
	work  *port.Work
	begun sync.Map // id: dbos.WorkflowHandle[int]
}

// shipped has DBOS open the file itself.
func shipped(path string) (dbos.Config, error) {
	return dbos.Config{DatabaseURL: "sqlite:" + path}, nil
}

// full is the pool that DBOS would make, but for synchronous. It cannot be set in
// the URL: DBOS takes it from there, and then sets NORMAL on the first connection,
// which serves one workflow after the other.
func full(path string) (dbos.Config, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=foreign_keys(ON)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return dbos.Config{}, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(4)
	db.SetConnMaxLifetime(time.Hour)
	return dbos.Config{SQLiteSystemDB: db}, nil
}

func opener(config func(path string) (dbos.Config, error)) func(context.Context, string, *port.Work) (port.System, error) {
	return func(ctx context.Context, dir string, w *port.Work) (port.System, error) {
		o, err := config(filepath.Join(dir, "dbos.db"))
		if err != nil {
			return nil, err
		}
		o.AppName, o.Logger = "bench", slog.New(slog.DiscardHandler)
		// The version is otherwise a hash of the executable, which takes time to compute.
		o.ApplicationVersion = "1"
		c, err := dbos.NewContext(ctx, o)
		if err != nil {
			return nil, err
		}
		s := &system{dbos: c, db: o.SQLiteSystemDB, work: w}
		dbos.RegisterWorkflow(c, s.sequence)
		dbos.RegisterWorkflow(c, s.fan)
		dbos.RegisterWorkflow(c, sleep)
		dbos.RegisterWorkflow(c, s.await)
		dbos.RegisterWorkflow(c, s.hang)
		return s, dbos.Launch(c)
	}
}

func (s *system) sequence(ctx dbos.Context, n int) (sum int, err error) {
	for range n {
		sum, err = dbos.RunAsStep(ctx, func(ctx context.Context) (int, error) { return s.work.Step(ctx, sum) }, dbos.WithStepName("step"))
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

func (s *system) fan(ctx dbos.Context, n int) (int, error) {
	var all []<-chan dbos.StepOutcome[int]
	for i := range n {
		one, err := dbos.Go(ctx, func(ctx context.Context) (int, error) { return s.work.Step(ctx, i) }, dbos.WithStepName("step"))
		if err != nil {
			return 0, err
		}
		all = append(all, one)
	}
	var errs []error
	for _, one := range all {
		errs = append(errs, (<-one).Err)
	}
	return n, errors.Join(errs...)
}

func sleep(ctx dbos.Context, n int) (int, error) {
	_, err := dbos.Sleep(ctx, day)
	return n, err
}

func (s *system) await(ctx dbos.Context, n int) (int, error) {
	if _, err := s.sequence(ctx, n); err != nil {
		return 0, err
	}
	s.work.Reached()
	return dbos.Recv[int](ctx, "go_on", day)
}

func (s *system) hang(ctx dbos.Context, n int) (int, error) {
	return dbos.RunAsStep(ctx, func(ctx context.Context) (int, error) {
		s.work.Reached()
		<-ctx.Done()
		return 0, ctx.Err()
	}, dbos.WithStepName("stay"))
}

func (s *system) run(fn dbos.Workflow[int, int], n int) error {
	h, err := dbos.RunWorkflow(s.dbos, fn, n)
	if err == nil {
		_, err = h.GetResult()
	}
	return err
}

func (s *system) Sequence(_ context.Context, n int) error { return s.run(s.sequence, n) }

func (s *system) Fan(_ context.Context, n int) error { return s.run(s.fan, n) }

func (s *system) Sleep(context.Context) error {
	_, err := dbos.RunWorkflow(s.dbos, sleep, 0)
	return err
}

func (s *system) Await(_ context.Context, id string, n int) error {
	h, err := dbos.RunWorkflow(s.dbos, s.await, n, dbos.WithWorkflowID(id))
	s.begun.Store(id, h)
	return err
}

func (s *system) Signal(_ context.Context, id string) error {
	return dbos.Send(s.dbos, id, 1, "go_on")
}

func (s *system) Result(_ context.Context, id string) error {
	h, ok := s.begun.Load(id)
	if !ok {
		return fmt.Errorf("workflow %s was not begun here", id)
	}
	_, err := h.(dbos.WorkflowHandle[int]).GetResult()
	return err
}

func (s *system) Hang(context.Context) error {
	_, err := dbos.RunWorkflow(s.dbos, s.hang, 0)
	return err
}

func (s *system) Close() error {
	err := dbos.Shutdown(s.dbos, 5*time.Second)
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}
