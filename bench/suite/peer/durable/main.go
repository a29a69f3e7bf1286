// Durable, as a program embeds it: sqlite.Open, runner.New, Run, and nothing
// else set.
package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/seed139febb4/durable/bench/suite/port"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

const (
	sequence runner.Workflow[int, int] = "sequence"
	fan      runner.Workflow[int, int] = "fan"
	sleep    runner.Workflow[int, int] = "sleep"
	await    runner.Workflow[int, int] = "await"
	hang     runner.Workflow[int, int] = "hang"
	step     runner.Activity[int, int] = "step"
	stay     runner.Activity[int, int] = "stay"
	goOn     runner.Signal[int]        = "go_on"
)

func main() {
	port.Serve(port.Peer{
		Name:    "durable",
		Version: "this checkout",
		Durable: "SQLite, WAL, synchronous=FULL: a sync before anything is acknowledged",
		Open:    open,
	})
}

type system struct {
	db     *sqlite.DB
	runner *runner.Runner
	ended  chan error
	begun  sync.Map // string → runner.Handle[int]
	cancel context.CancelFunc
}

func open(ctx context.Context, dir string, w *port.Work) (port.System, error) {
	db, err := sqlite.Open(filepath.Join(dir, "durable.db"))
	if err != nil {
		return nil, err
	}
	r, err := runner.New(db, bindings(w)...)
	if err != nil {
		return nil, err
	}
	s := &system{db: db, runner: r, ended: make(chan error, 1)}
	ctx, s.cancel = context.WithCancel(ctx)
	go func() { s.ended <- r.Run(ctx) }()
	<-r.Ready()
	return s, nil
}

func bindings(w *port.Work) []runner.Binding {
	steps := func(ctx *runner.Context, n int) (sum int, err error) {
		for range n {
			if sum, err = step.Do(ctx, sum); err != nil {
				return 0, err
			}
		}
		return sum, nil
	}
	return []runner.Binding{
		step.Bind(w.Step),
		stay.Bind(func(ctx context.Context, _ int) (int, error) {
			w.Reached()
			<-ctx.Done()
			return 0, ctx.Err()
		}),
		sequence.Bind(steps),
		fan.Bind(func(ctx *runner.Context, n int) (int, error) {
			var all []*runner.Future[int]
			for i := range n {
				all = append(all, step.Go(ctx, i))
			}
			results, err := runner.All(ctx, all...)
			return len(results), err
		}),
		sleep.Bind(func(ctx *runner.Context, n int) (int, error) { return n, ctx.Sleep(24 * time.Hour) }),
		await.Bind(func(ctx *runner.Context, n int) (int, error) {
			if _, err := steps(ctx, n); err != nil {
				return 0, err
			}
			w.Reached()
			return goOn.Receive(ctx)
		}),
		hang.Bind(func(ctx *runner.Context, n int) (int, error) { return stay.Do(ctx, n) }),
	}
}

func (s *system) run(ctx context.Context, w runner.Workflow[int, int], n int) error {
	h, err := w.Start(ctx, s.runner, "", n)
	if err == nil {
		_, err = h.Wait(ctx)
	}
	return err
}

func (s *system) Sequence(ctx context.Context, n int) error { return s.run(ctx, sequence, n) }

func (s *system) Fan(ctx context.Context, n int) error { return s.run(ctx, fan, n) }

func (s *system) Sleep(ctx context.Context) error {
	_, err := sleep.Start(ctx, s.runner, "", 0)
	return err
}

func (s *system) Await(ctx context.Context, id string, n int) error {
	h, err := await.Start(ctx, s.runner, id, n)
	s.begun.Store(id, h)
	return err
}

func (s *system) Signal(ctx context.Context, id string) error {
	return goOn.Send(ctx, s.runner, id, 1)
}

func (s *system) Result(ctx context.Context, id string) error {
	h, ok := s.begun.Load(id)
	if !ok {
		return fmt.Errorf("workflow %s was not begun here", id)
	}
	_, err := h.(runner.Handle[int]).Wait(ctx)
	return err
}

func (s *system) Hang(ctx context.Context) error {
	_, err := hang.Start(ctx, s.runner, "hang", 0)
	return err
}

func (s *system) Close() error {
	s.cancel()
	if err := <-s.ended; err != nil {
		return err
	}
	return s.db.Close()
}
