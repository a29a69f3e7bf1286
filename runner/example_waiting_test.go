package runner_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// workflow runs fn as a workflow and prints what it returns.
func workflow[Out any](fn func(*runner.Context) (Out, error), bindings ...runner.Binding) {
	const Main runner.Workflow[struct{}, Out] = "main"
	r, stop := start(append(bindings, Main.Bind(func(ctx *runner.Context, _ struct{}) (Out, error) { return fn(ctx) }))...)
	defer stop()
	h, err := Main.Start(context.Background(), r, "main-1", struct{}{})
	if err != nil {
		log.Fatal(err)
	}
	out, err := h.Wait(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out)
}

func ExampleSignal() {
	const Tally runner.Workflow[int, int] = "tally"
	const Vote runner.Signal[int] = "vote"
	tally := func(ctx *runner.Context, voters int) (sum int, err error) {
		for range voters {
			v, err := Vote.Receive(ctx)
			if err != nil {
				return 0, err
			}
			sum += v
		}
		return sum, nil
	}

	r, err := runner.New(journal.NewMemory().Open(), Tally.Bind(tally, Vote))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	h, err := Tally.Start(ctx, r, "election", 2)
	if err != nil {
		log.Fatal(err)
	}
	// Nobody runs it now. What is sent waits on disk, and is counted once.
	for _, key := range []runner.Key{"ada", "ada", "bob"} {
		if err := Vote.Send(ctx, r, "election", 1, key); err != nil {
			log.Fatal(err)
		}
	}
	if err := r.Drain(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(ctx))
	// Output: 2 <nil>
}

func ExampleInbox() {
	const Ask runner.Signal[string] = "ask"
	const Chat runner.Workflow[struct{}, string] = "chat"
	chat := func(ctx *runner.Context, _ struct{}) (string, error) {
		m, err := Ask.Inbox(ctx).Message(ctx)
		return m.By + " says " + m.Value, err
	}

	r, stop := start(Chat.Bind(chat, Ask))
	defer stop()
	ctx := context.Background()
	h, err := Chat.Start(ctx, r, "chat-1", struct{}{})
	if err != nil {
		log.Fatal(err)
	}
	if err := Ask.Send(ctx, r, "chat-1", "hello", runner.By("ada")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(ctx))
	// Output: ada says hello <nil>
}

func ExampleQuery() {
	const Count runner.Workflow[int, string] = "count"
	const Progress runner.Query[int] = "progress"
	count := func(ctx *runner.Context, to int) (string, error) {
		n := 0
		Progress.Answer(ctx, func() int { return n })
		for n < to {
			if err := ctx.Sleep(time.Millisecond); err != nil {
				return "", err
			}
			n++
		}
		return "done", nil
	}

	r, stop := start(Count.Bind(count, Progress))
	defer stop()
	ctx := context.Background()
	h, err := Count.Start(ctx, r, "count-1", 3)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := h.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(Progress.Ask(ctx, r, "count-1")) // a run that has ended answers, too
	// Output: 3 <nil>
}

func ExampleSelect() {
	const Stop runner.Signal[string] = "stop"
	workflow(func(ctx *runner.Context) (string, error) {
		stop, late := Stop.Inbox(ctx), ctx.After(time.Millisecond)
		won, err := runner.Select(ctx, stop, late)
		if err != nil {
			return "", err
		}
		switch won {
		case stop:
			return stop.Receive(ctx)
		case late:
			return "nobody came", nil
		}
		return "", nil
	})
	// Output: nobody came
}

func ExampleAll() {
	workflow(func(ctx *runner.Context) ([]int, error) {
		return runner.All(ctx, Double.Go(ctx, 1), Double.Go(ctx, 2), Double.Go(ctx, 3))
	}, Double.Bind(double))
	// Output: [2 4 6]
}

func ExampleEach() {
	workflow(func(ctx *runner.Context) (order []int, err error) {
		slow, fast := ctx.After(20*time.Millisecond), ctx.After(time.Millisecond)
		for i, f := range runner.Each(ctx, slow, fast) {
			if _, err := f.Get(ctx); err != nil {
				return nil, err
			}
			order = append(order, i)
		}
		return order, nil
	})
	// Output: [1 0]
}

func ExampleFuture() {
	workflow(func(ctx *runner.Context) (string, error) {
		double := Double.Go(ctx, 21)
		before := double.Ready()
		n, err := double.Get(ctx)
		return fmt.Sprint(before, n, double.Ready()), err
	}, Double.Bind(double))
	// Output: false 42 true
}

func ExampleContext() {
	workflow(func(ctx *runner.Context) (string, error) {
		begin := ctx.Now() // not time.Now: this one is the same on replay
		if err := ctx.Sleep(time.Millisecond); err != nil {
			return "", err
		}
		fmt.Println(ctx.ID(), len(ctx.RunID()), len(ctx.NewID()), ctx.Rand().IntN(6) < 6)
		return "time has passed: " + fmt.Sprint(ctx.Now().After(begin)), nil
	})
	// Output:
	// main-1 26 26 true
	// time has passed: true
}

func ExampleContext_Go() {
	workflow(func(ctx *runner.Context) (n int, err error) {
		count := func(ctx *runner.Context) error {
			for range 3 {
				if err := ctx.Sleep(time.Millisecond); err != nil {
					return err
				}
				n++ // coroutines never run in parallel
			}
			return nil
		}
		_, err = runner.All(ctx, ctx.Go(count), ctx.Go(count))
		return n, err
	})
	// Output: 6
}

func ExampleContext_WithTimeout() {
	workflow(func(ctx *runner.Context) (string, error) {
		scope, cancel := ctx.WithTimeout(time.Millisecond)
		defer cancel()
		err := scope.Sleep(time.Hour)
		return fmt.Sprint(err, ", ", errors.Is(err, runner.ErrTimeout)), nil
	})
	// Output: sleep: timed out, true
}

func ExampleContext_WithCancel() {
	workflow(func(ctx *runner.Context) (string, error) {
		scope, cancel := ctx.WithCancel()
		quotes := []*runner.Future[time.Time]{scope.After(time.Hour), scope.After(time.Millisecond)}
		for i := range runner.Each(scope, quotes...) {
			cancel() // the first one is enough
			return fmt.Sprint("number ", i), nil
		}
		return "", scope.Err()
	})
	// Output: number 1
}

func ExampleContext_Shielded() {
	workflow(func(ctx *runner.Context) (string, error) {
		scope, cancel := ctx.WithCancel()
		cancel()
		fmt.Println(scope.Sleep(time.Hour))
		n, err := Double.Do(scope.Shielded(), 21) // clean up all the same
		return fmt.Sprint(n), err
	}, Double.Bind(double))
	// Output:
	// sleep: canceled
	// 42
}
