package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// start runs the bindings on a journal in memory until stop is called. A program
// would open a file instead: sqlite.Open("orders.db").
func start(bindings ...runner.Binding) (r *runner.Runner, stop func()) {
	r, err := runner.New(journal.NewMemory().Open(), bindings...)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() { gone <- r.Run(ctx) }()
	return r, func() {
		cancel()
		if err := <-gone; err != nil {
			log.Fatal(err)
		}
	}
}

type (
	Request struct {
		Title string `json:"title"`
	}
	Decision struct {
		Note string `json:"note"`
	}
)

const (
	Approval runner.Workflow[Request, string] = "approval"
	Process  runner.Activity[Request, string] = "process"
	Approve  runner.Signal[Decision]          = "approve"
	Reject   runner.Signal[Decision]          = "reject"
	Status   runner.Query[string]             = "get_status"
)

func process(_ context.Context, req Request) (ticket string, err error) {
	return "T-" + req.Title, nil
}

func approval(ctx *runner.Context, req Request) (string, error) {
	status := "processing"
	Status.Answer(ctx, func() string { return status })

	ticket, err := Process.Do(ctx, req, runner.Attempts(5))
	if err != nil {
		return "", err
	}

	status = "waiting"
	yes, no, late := Approve.Inbox(ctx), Reject.Inbox(ctx), ctx.After(24*time.Hour)
	won, err := runner.Select(ctx, yes, no, late)
	if err != nil {
		return "", err // canceled
	}
	switch won {
	case yes:
		d, err := yes.Message(ctx)
		return fmt.Sprintf("%s approved by %s: %s", ticket, d.By, d.Value.Note), err
	case no:
		return ticket + " rejected", nil
	}
	return ticket + " timed out", nil
}

// A workflow that waits for people.
func Example() {
	r, stop := start(Approval.Bind(approval, Approve, Reject, Status), Process.Bind(process))
	defer stop()
	ctx := context.Background()

	h, err := Approval.Start(ctx, r, "order-17", Request{Title: "shoes"})
	if err != nil {
		log.Fatal(err)
	}
	if err := Approve.Send(ctx, r, "order-17", Decision{Note: "looks good"}, runner.By("ada")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(ctx))
	// Output: T-shoes approved by ada: looks good <nil>
}

func ExampleWorkflow() {
	const (
		Parent runner.Workflow[[]string, int] = "parent"
		Child  runner.Workflow[string, int]   = "child"
	)
	parent := func(ctx *runner.Context, words []string) (total int, err error) {
		for _, word := range words {
			n, err := Child.Do(ctx, "", word) // or Go, to start them all first
			if err != nil {
				return 0, err
			}
			total += n
		}
		return total, nil
	}
	child := func(ctx *runner.Context, word string) (int, error) { return len(word), nil }

	r, stop := start(Parent.Bind(parent), Child.Bind(child))
	defer stop()
	h, err := Parent.Start(context.Background(), r, "count-1", []string{"one", "two", "three"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(context.Background()))
	// Output: 11 <nil>
}

func ExampleActivity() {
	const Upper runner.Activity[string, string] = "upper"
	upper := func(ctx context.Context, s string) (string, error) { return strings.ToUpper(s), nil }

	const Shout runner.Workflow[string, string] = "shout"
	shout := func(ctx *runner.Context, s string) (string, error) {
		one, two := Upper.Go(ctx, s), Upper.Go(ctx, s+"!") // at the same time
		words, err := runner.All(ctx, one, two)
		return strings.Join(words, " "), err
	}

	r, stop := start(Shout.Bind(shout), Upper.Bind(upper, runner.Attempts(3), runner.Timeout(time.Minute)))
	defer stop()
	h, err := Shout.Start(context.Background(), r, "", "hey")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(context.Background()))
	// Output: HEY HEY! <nil>
}

func ExampleStep() {
	const Hello runner.Workflow[string, string] = "hello"
	hello := func(ctx *runner.Context, name string) (string, error) {
		return runner.Step(ctx, "greet", func(context.Context) (string, error) {
			return "Hello, " + name + "!", nil
		})
	}

	r, stop := start(Hello.Bind(hello))
	defer stop()
	h, err := Hello.Start(context.Background(), r, "", "Ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(context.Background()))
	// Output: Hello, Ada! <nil>
}

func ExampleFailure() {
	const ErrNoRooms runner.Failure = "no rooms"
	const Book runner.Activity[string, string] = "book"
	book := func(ctx context.Context, city string) (string, error) {
		return "", runner.NonRetryable(fmt.Errorf("hotel in %s: %w", city, ErrNoRooms))
	}

	const Trip runner.Workflow[string, string] = "trip"
	trip := func(ctx *runner.Context, city string) (string, error) {
		_, err := Book.Do(ctx, city)
		if errors.Is(err, ErrNoRooms) { // also when err comes out of the journal
			return "", fmt.Errorf("stay at home: %w", err)
		}
		return "have fun", err
	}

	r, stop := start(Trip.Bind(trip), Book.Bind(book))
	defer stop()
	h, err := Trip.Start(context.Background(), r, "", "Rome")
	if err != nil {
		log.Fatal(err)
	}
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, ErrNoRooms))
	// Output:
	// workflow "trip": stay at home: activity "book": hotel in Rome: no rooms
	// true
}

func ExamplePanicError() {
	const Divide runner.Activity[int, int] = "divide"
	divide := func(ctx context.Context, n int) (int, error) { return 100 / n, nil }

	const Careful runner.Workflow[int, string] = "careful"
	careful := func(ctx *runner.Context, n int) (string, error) {
		_, err := Divide.Do(ctx, n, runner.Attempts(1))
		var p *runner.PanicError
		if errors.As(err, &p) {
			return p.Message, nil // p.Stack says where
		}
		return "", err
	}

	r, stop := start(Careful.Bind(careful), Divide.Bind(divide))
	defer stop()
	h, err := Careful.Start(context.Background(), r, "", 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(context.Background()))
	// Output: panic: runtime error: integer divide by zero <nil>
}

func ExampleNew() {
	_, err := runner.New(journal.NewMemory().Open(),
		Process.Bind(process),
		Process.Bind(process))
	fmt.Println(err != nil)
	// Output: true
}

func ExampleRunner_Drain() {
	const Hello runner.Workflow[string, string] = "hello"
	r, err := runner.New(journal.NewMemory().Open(), Hello.Bind(func(ctx *runner.Context, name string) (string, error) {
		return "Hello, " + name + "!", nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	h, err := Hello.Start(ctx, r, "", "Ada") // on disk, and run by nobody yet
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Drain(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(ctx))
	// Output: Hello, Ada! <nil>
}

func ExampleRunner_Find() {
	const Hello runner.Workflow[string, string] = "hello"
	r, err := runner.New(journal.NewMemory().Open(), Hello.Bind(func(ctx *runner.Context, name string) (string, error) {
		return "Hello, " + name + "!", nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for _, id := range []string{"greet-ada", "greet-bob"} {
		if _, err := Hello.Start(ctx, r, id, "you"); err != nil {
			log.Fatal(err)
		}
	}
	run, err := r.Find(ctx, "-ada")
	fmt.Println(run.ID, err)
	_, err = r.Find(ctx, "greet")
	fmt.Println(err)
	// Output:
	// greet-ada <nil>
	// run greet: the id is ambiguous: greet-bob, greet-ada
}

func ExampleHandle() {
	const Nap runner.Workflow[runner.Duration, string] = "nap"
	nap := func(ctx *runner.Context, d runner.Duration) (string, error) {
		return "rested", ctx.Sleep(time.Duration(d))
	}

	r, stop := start(Nap.Bind(nap))
	defer stop()
	ctx := context.Background()
	if _, err := Nap.Start(ctx, r, "nap-1", runner.Duration(time.Hour)); err != nil {
		log.Fatal(err)
	}

	h := Nap.Handle(r, "nap-1") // perhaps in another program
	if err := h.Cancel(ctx, "ada", "wake up"); err != nil {
		log.Fatal(err)
	}
	_, err := h.Wait(ctx)
	fmt.Println(errors.Is(err, runner.ErrCanceled))
	// Output: true
}

func ExampleClient() {
	r, stop := start(Approval.Bind(approval, Approve, Reject, Status), Process.Bind(process))
	defer stop()
	ctx := context.Background()

	var c runner.Client = r // what a command line or a server needs: everything in JSON
	run, err := c.StartRun(ctx, runner.StartRequest{Workflow: "approval", ID: "order-18", Input: json.RawMessage(`{"title":"hat"}`)})
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.SignalRun(ctx, "order-18", runner.SignalRequest{Name: "reject", Payload: json.RawMessage(`"text"`)})
	fmt.Println(err)
	_, err = c.SignalRun(ctx, "order-18", runner.SignalRequest{Name: "reject", Payload: json.RawMessage(`{"note":"no"}`), By: "bob"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := c.RunResult(ctx, run.ULID)
	fmt.Println(string(result), err)
	// Output:
	// signal "reject": payload is no runner_test.Decision: json: cannot unmarshal string into Go value of type runner_test.Decision
	// "T-hat rejected" <nil>
}

func ExampleBinding() {
	b := Approval.Bind(approval, Approve, Reject, Status)
	fmt.Println(b.Kind(), b.Name, b.In, b.Out)
	for _, port := range b.Accepts {
		fmt.Println(port.Name, port.Type, "query:", port.Query)
	}
	// Output:
	// workflow approval runner_test.Request string
	// approve runner_test.Decision query: false
	// reject runner_test.Decision query: false
	// get_status string query: true
}
