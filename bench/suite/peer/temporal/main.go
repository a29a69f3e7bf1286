// Temporal: a server of all services and a Go worker in one process, on a SQLite
// file; with the settings that the server has by itself, and with the one that
// lets it look for tasks more often than 20 times a second.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/temporal"

	"github.com/seed139febb4/durable/bench/suite/port"
)

const (
	queue = "bench"
	day   = 24 * time.Hour

	durable = "SQLite, WAL, synchronous=FULL, one connection"
	alone   = "the server is in the process that is killed"
)

var version = fmt.Sprintf("server %s, Go SDK %s", port.ModuleVersion("go.temporal.io/server"), port.ModuleVersion("go.temporal.io/sdk"))

func main() {
	tuned := dynamicconfig.StaticClient{
		dynamicconfig.TransferProcessorMaxPollRPS.Key(): []dynamicconfig.ConstrainedValue{{Value: 2000}},
	}
	port.Serve(
		port.Peer{
			Name: "temporal", Version: version, Alone: alone,
			Durable: durable + "; the server's own settings",
			Open:    opener(dynamicconfig.StaticClient{}),
		},
		port.Peer{
			Name: "temporal-tuned", Version: version, Alone: alone,
			Durable: durable + "; transferProcessorMaxPollRPS = 2000 instead of 20",
			Open:    opener(tuned),
		})
}

type system struct {
	work   *port.Work
	server temporal.Server
	client client.Client
	worker worker.Worker
}

func opener(settings dynamicconfig.StaticClient) func(context.Context, string, *port.Work) (port.System, error) {
	return func(ctx context.Context, dir string, w *port.Work) (port.System, error) {
		server, address, err := startServer(dir, settings)
		if err != nil {
			return nil, fmt.Errorf("start the server: %w", err)
		}
		logger := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
		c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: namespace, Logger: logger})
		if err != nil {
			return nil, fmt.Errorf("dial the server: %w", err)
		}
		s := &system{work: w, server: server, client: c, worker: worker.New(c, queue, worker.Options{})}
		for name, fn := range map[string]any{"sequence": s.sequence, "fan": s.fan, "sleep": sleep, "await": s.await, "hang": hang} {
			s.worker.RegisterWorkflowWithOptions(fn, workflow.RegisterOptions{Name: name})
		}
		s.worker.RegisterActivityWithOptions(w.Step, activity.RegisterOptions{Name: "step"})
		s.worker.RegisterActivityWithOptions(s.stay, activity.RegisterOptions{Name: "stay"})
		return s, s.worker.Start()
	}
}

// called gives activities the time-out that Temporal wants to be given.
func called(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
}

func (s *system) sequence(ctx workflow.Context, n int) (sum int, err error) {
	for range n {
		if err := workflow.ExecuteActivity(called(ctx), "step", sum).Get(ctx, &sum); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

func (s *system) fan(ctx workflow.Context, n int) (int, error) {
	var all []workflow.Future
	for i := range n {
		all = append(all, workflow.ExecuteActivity(called(ctx), "step", i))
	}
	for _, one := range all {
		if err := one.Get(ctx, nil); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func sleep(ctx workflow.Context, n int) (int, error) { return n, workflow.Sleep(ctx, day) }

func (s *system) await(ctx workflow.Context, n int) (v int, err error) {
	if _, err := s.sequence(ctx, n); err != nil {
		return 0, err
	}
	s.work.Reached()
	workflow.GetSignalChannel(ctx, "go_on").Receive(ctx, &v)
	return v, nil
}

func hang(ctx workflow.Context, n int) (v int, err error) {
	err = workflow.ExecuteActivity(called(ctx), "stay", n).Get(ctx, &v)
	return v, err
}

func (s *system) stay(ctx context.Context, _ int) (int, error) {
	s.work.Reached()
	<-ctx.Done()
	return 0, ctx.Err()
}

func (s *system) start(ctx context.Context, name, id string, n int) (client.WorkflowRun, error) {
	return s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue, ID: id}, name, n)
}

func (s *system) run(ctx context.Context, name string, n int) error {
	r, err := s.start(ctx, name, "", n)
	if err == nil {
		err = r.Get(ctx, nil)
	}
	return err
}

func (s *system) Sequence(ctx context.Context, n int) error { return s.run(ctx, "sequence", n) }

func (s *system) Fan(ctx context.Context, n int) error { return s.run(ctx, "fan", n) }

func (s *system) Sleep(ctx context.Context) error {
	_, err := s.start(ctx, "sleep", "", 0)
	return err
}

func (s *system) Await(ctx context.Context, id string, n int) error {
	_, err := s.start(ctx, "await", id, n)
	return err
}

func (s *system) Signal(ctx context.Context, id string) error {
	return s.client.SignalWorkflow(ctx, id, "", "go_on", 1)
}

func (s *system) Result(ctx context.Context, id string) error {
	return s.client.GetWorkflow(ctx, id, "").Get(ctx, nil)
}

func (s *system) Hang(ctx context.Context) error {
	_, err := s.start(ctx, "hang", "hang", 0)
	return err
}

func (s *system) Close() error {
	s.worker.Stop()
	s.client.Close()
	return s.server.Stop()
}
