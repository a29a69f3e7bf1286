// Go-workflows on its SQLite backend, wrapped in its monoprocess backend, which
// wakes the worker that lives in the same process.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/cschleiden/go-workflows/backend"
	"github.com/cschleiden/go-workflows/backend/monoprocess"
	"github.com/cschleiden/go-workflows/backend/sqlite"
	"github.com/cschleiden/go-workflows/client"
	"github.com/cschleiden/go-workflows/registry"
	"github.com/cschleiden/go-workflows/worker"
	"github.com/cschleiden/go-workflows/workflow"

	"github.com/seed139febb4/durable/bench/suite/port"
)

const day = 24 * time.Hour

func main() {
	port.Serve(port.Peer{
		Name:    "go-workflows",
		Version: "go-workflows " + port.ModuleVersion("github.com/cschleiden/go-workflows"),
		Durable: "SQLite, WAL, synchronous=FULL (the driver's default), one connection",
		Open:    open,
	})
}

type system struct {
	work    *port.Work
	backend backend.Backend
	worker  *worker.Worker
	client  *client.Client
	cancel  context.CancelFunc
	begun   sync.Map // id: *workflow.Instance
}

func open(ctx context.Context, dir string, w *port.Work) (_ port.System, err error) {
	defer func() { // the backend panics if it cannot open its file
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	file := sqlite.NewSqliteBackend(filepath.Join(dir, "go-workflows.db"),
		sqlite.WithBackendOptions(backend.WithLogger(slog.New(slog.DiscardHandler)), backend.WithMaxHistorySize(1_000_000)))
	b := monoprocess.NewMonoprocessBackend(file)
	s := &system{work: w, backend: b, worker: worker.New(b, nil), client: client.New(b)}
	for name, fn := range map[string]workflow.Workflow{
		"sequence": s.sequence, "fan": s.fan, "sleep": sleep, "await": s.await, "hang": s.hang,
	} {
		if err := s.worker.RegisterWorkflow(fn, registry.WithName(name)); err != nil {
			return nil, err
		}
	}
	for _, fn := range []workflow.Activity{w.Step, s.stay} { // whose names go by the function
		if err := s.worker.RegisterActivity(fn); err != nil {
			return nil, err
		}
	}
	ctx, s.cancel = context.WithCancel(ctx)
	return s, s.worker.Start(ctx)
}

func (s *system) step(ctx workflow.Context, n int) workflow.Future[int] {
	return workflow.ExecuteActivity[int](ctx, workflow.DefaultActivityOptions, s.work.Step, n)
}

func (s *system) sequence(ctx workflow.Context, n int) (sum int, err error) {
	for range n {
		if sum, err = s.step(ctx, sum).Get(ctx); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

func (s *system) fan(ctx workflow.Context, n int) (int, error) {
	var all []workflow.Future[int]
	for i := range n {
		all = append(all, s.step(ctx, i))
	}
	for _, one := range all {
		if _, err := one.Get(ctx); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func sleep(ctx workflow.Context, n int) (int, error) { return n, workflow.Sleep(ctx, day) }

func (s *system) await(ctx workflow.Context, n int) (int, error) {
	if _, err := s.sequence(ctx, n); err != nil {
		return 0, err
	}
	s.work.Reached()
	v, _ := workflow.NewSignalChannel[int](ctx, "go_on").Receive(ctx)
	return v, nil
}

func (s *system) hang(ctx workflow.Context, n int) (int, error) {
	return workflow.ExecuteActivity[int](ctx, workflow.DefaultActivityOptions, s.stay, n).Get(ctx)
}

func (s *system) stay(ctx context.Context, _ int) (int, error) {
	s.work.Reached()
	<-ctx.Done()
	return 0, ctx.Err()
}

func (s *system) start(ctx context.Context, name, id string, n int) (*workflow.Instance, error) {
	return s.client.CreateWorkflowInstance(ctx, client.WorkflowInstanceOptions{InstanceID: id}, name, n)
}

func (s *system) result(ctx context.Context, instance *workflow.Instance) error {
	_, err := client.GetWorkflowResult[int](ctx, s.client, instance, time.Hour)
	return err
}

func (s *system) run(ctx context.Context, name string, n int) error {
	instance, err := s.start(ctx, name, rand.Text(), n)
	if err == nil {
		err = s.result(ctx, instance)
	}
	return err
}

func (s *system) Sequence(ctx context.Context, n int) error { return s.run(ctx, "sequence", n) }

func (s *system) Fan(ctx context.Context, n int) error { return s.run(ctx, "fan", n) }

func (s *system) Sleep(ctx context.Context) error {
	_, err := s.start(ctx, "sleep", rand.Text(), 0)
	return err
}

func (s *system) Await(ctx context.Context, id string, n int) error {
	instance, err := s.start(ctx, "await", id, n)
	s.begun.Store(id, instance)
	return err
}

func (s *system) Signal(ctx context.Context, id string) error {
	return s.client.SignalWorkflow(ctx, id, "go_on", 1)
}

func (s *system) Result(ctx context.Context, id string) error {
	instance, ok := s.begun.Load(id)
	if !ok {
		return fmt.Errorf("workflow %s was not begun here", id)
	}
	return s.result(ctx, instance.(*workflow.Instance))
}

func (s *system) Hang(ctx context.Context) error {
	_, err := s.start(ctx, "hang", "hang", 0)
	return err
}

func (s *system) Close() error {
	s.cancel()
	if err := s.worker.WaitForCompletion(); err != nil {
		return err
	}
	return s.backend.Close()
}
