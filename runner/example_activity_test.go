package runner_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

func ExampleOption() {
	options := []runner.Option{ // values: they can be compared and printed
		runner.Attempts(5),
		runner.Backoff{Initial: time.Second, Factor: 3, Cap: time.Minute},
		runner.Timeout(10 * time.Second),
		runner.Overall(time.Hour),
		runner.Heartbeats(2 * time.Second),
		runner.WaitCancel(true),
		runner.NoRetry("no rooms"),
	}
	bound := Double.Bind(double, options...) // for every call that does not say otherwise
	fmt.Println(bound.Name, options)
	// Output: double [5 attempts backoff 1s ×3 up to 1m timeout 10s overall 1h heartbeats 2s wait for cancel no retry of no rooms]
}

func ExampleAttempt() {
	flaky := func(ctx context.Context, n int) (int, error) {
		if runner.Attempt(ctx) < 3 {
			return 0, errors.New("not yet")
		}
		return runner.Attempt(ctx), nil
	}
	workflow(func(ctx *runner.Context) (int, error) { return Double.Do(ctx, 1) },
		Double.Bind(flaky, runner.Backoff{Initial: time.Millisecond}))
	// Output: 3
}

func ExampleIdempotencyKey() {
	paid := map[string]bool{} // a bank that knows the keys it has seen
	pay := func(ctx context.Context, amount int) (int, error) {
		key := runner.IdempotencyKey(ctx)
		if paid[key] {
			return amount, nil
		}
		paid[key] = true
		return 0, errors.New("the connection broke before the bank's answer came")
	}
	workflow(func(ctx *runner.Context) (string, error) {
		amount, err := Double.Do(ctx, 100)
		return fmt.Sprint("paid ", amount, ", payments: ", len(paid)), err
	}, Double.Bind(pay, runner.Backoff{Initial: time.Millisecond}))
	// Output: paid 100, payments: 1
}

func ExampleHeartbeat() {
	count := func(ctx context.Context, to int) (int, error) {
		done, _ := runner.LastProgress[int](ctx) // of an attempt that was cut short
		for done < to {
			done++ // a piece of work
			if err := runner.Heartbeat(ctx, done); err != nil {
				return 0, err // canceled, or the process is to stop
			}
		}
		return done, nil
	}
	workflow(func(ctx *runner.Context) (int, error) { return Double.Do(ctx, 1000) },
		Double.Bind(count, runner.Heartbeats(time.Minute)))
	// Output: 1000
}

func ExampleTx() {
	const Record runner.Tx[string, int] = "record"
	const ledger runner.Schema = `CREATE TABLE ledger (entry TEXT NOT NULL) STRICT`
	record := func(ctx context.Context, tx *sql.Tx, entry string) (rows int, err error) {
		if _, err := tx.ExecContext(ctx, `INSERT INTO ledger (entry) VALUES (?)`, entry); err != nil {
			return 0, err
		}
		err = tx.QueryRowContext(ctx, `SELECT count(*) FROM ledger`).Scan(&rows)
		return rows, err
	}
	const Book runner.Workflow[string, int] = "book"
	book := func(ctx *runner.Context, entry string) (int, error) {
		if _, err := Record.Do(ctx, entry); err != nil {
			return 0, err
		}
		return Record.Do(ctx, "gift wrapping for "+entry)
	}

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(filepath.Join(dir, "orders.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	r, err := runner.New(db, Book.Bind(book), Record.Bind(record, ledger))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	h, err := Book.Start(ctx, r, "order-17", "shoes")
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Drain(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Wait(ctx))
	// Output: 2 <nil>
}

func ExampleContext_Log() {
	const Hello runner.Workflow[string, string] = "hello"
	r, err := runner.New(journal.NewMemory().Open(), Hello.Bind(func(ctx *runner.Context, name string) (string, error) {
		ctx.Log().Info("greeting", "name", name) // once, however often the run is replayed
		return "Hello, " + name + "!", nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	r.Logger = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	if _, err := Hello.Start(context.Background(), r, "greet-ada", "Ada"); err != nil {
		log.Fatal(err)
	}
	if err := r.Drain(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: level=INFO msg=greeting run=greet-ada workflow=hello name=Ada
}

func ExampleParseDuration() {
	for _, text := range []string{"10", "500ms", "1h30m", "2d", "soon"} {
		fmt.Println(runner.ParseDuration(text))
	}
	// Output:
	// 10s <nil>
	// 500ms <nil>
	// 1h30m <nil>
	// 48h <nil>
	// 0s "soon" is no duration: write 10 or 10s, 500ms, 1h30m, 2d
}
