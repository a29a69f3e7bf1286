package runner_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

const (
	benchSteps  runner.Workflow[int, int]    = "steps"
	benchFan    runner.Workflow[int, int]    = "fan"
	benchSignal runner.Workflow[int, int]    = "signals"
	benchSleep  runner.Workflow[int, int]    = "sleep"
	benchEcho   runner.Activity[int, int]    = "echo"
	benchPing   runner.Signal[int]           = "ping"
	benchSum    runner.Query[int]            = "sum"
	benchBulk   runner.Workflow[int, int]    = "bulk" // ten results of so many bytes
	benchBlob   runner.Activity[int, string] = "blob"
)

func benchBindings() []runner.Binding {
	return []runner.Binding{
		benchEcho.Bind(func(_ context.Context, n int) (int, error) { return n, nil }),
		benchSteps.Bind(func(ctx *runner.Context, n int) (sum int, err error) {
			benchSum.Answer(ctx, func() int { return sum })
			for i := range n {
				v, err := benchEcho.Do(ctx, i)
				if err != nil {
					return 0, err
				}
				sum += v
			}
			return sum, nil
		}),
		benchFan.Bind(func(ctx *runner.Context, n int) (int, error) {
			var all []*runner.Future[int]
			for i := range n {
				all = append(all, benchEcho.Go(ctx, i))
			}
			vs, err := runner.All(ctx, all...)
			return len(vs), err
		}),
		benchBlob.Bind(func(_ context.Context, n int) (string, error) { return strings.Repeat("x", n), nil }),
		benchBulk.Bind(func(ctx *runner.Context, n int) (size int, err error) {
			for range 10 {
				s, err := benchBlob.Do(ctx, n)
				if err != nil {
					return size, err
				}
				size += len(s)
			}
			return size, nil
		}),
		benchSleep.Bind(func(ctx *runner.Context, n int) (int, error) { return n, ctx.Sleep(time.Hour) }),
		benchSignal.Bind(func(ctx *runner.Context, n int) (sum int, err error) {
			for range n {
				v, err := benchPing.Receive(ctx)
				if err != nil {
					return 0, err
				}
				sum += v
			}
			return sum, nil
		}),
	}
}

// A served file is one that a runner serves. Unlike with runnertest.Serve its
// journal is not checked in the end, which for many runs takes longer than they do.
type served struct {
	*runner.Runner
	db   *sqlite.DB
	stop func()
}

func serveFile(b *testing.B, path string) served {
	db, err := sqlite.Open(path)
	require.NoError(b, err)
	r, err := runner.New(db, benchBindings()...)
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return served{r, db, sync.OnceFunc(func() {
		cancel()
		require.NoError(b, <-ended)
		require.NoError(b, db.Close())
	})}
}

// inFlight is how many work at once where many do.
const inFlight = 200

// fill calls start n times, by that many callers.
func fill(b *testing.B, n int, start func(i int) error) {
	var all sync.WaitGroup
	for k := range inFlight {
		all.Go(func() {
			for i := k; i < n; i += inFlight {
				if err := start(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// sleep starts n runs that sleep.
func (s served) sleep(b *testing.B, n int) {
	fill(b, n, func(i int) error {
		_, err := benchSleep.Start(context.Background(), s, "", i)
		return err
	})
}

// benchRunner serves the benchmark's workflows on a new file, until the benchmark
// ends.
func benchRunner(b *testing.B) *runner.Runner {
	b.Helper()
	s, ctx := serveFile(b, filepath.Join(b.TempDir(), "bench.db")), context.Background()
	b.Cleanup(s.stop)
	_, err := benchSteps.Start(ctx, s, "warm", 1)
	require.NoError(b, err)
	_, err = s.RunResult(ctx, "warm")
	require.NoError(b, err)
	return s.Runner
}

const bareInsert = "INSERT INTO e VALUES(1, ?, ?, 'activity.completed', '1', '[]')"

// bareTable is a table of events in a file of its own, as any program would have
// it: WAL, synchronous=FULL, one connection.
func bareTable(b *testing.B) *sql.DB {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bare.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(1000)")
	require.NoError(b, err)
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.Exec("CREATE TABLE e(run INTEGER, seq INTEGER, at INTEGER, kind TEXT, data TEXT, commands TEXT, PRIMARY KEY(run, seq)) WITHOUT ROWID")
	require.NoError(b, err)
	return db
}

// bareGroups returns a function that writes n rows, size of them in each transaction: what the disk and the driver
// allow.
func bareGroups(b *testing.B) func(n, size int) {
	b.Helper()
	db := bareTable(b)
	seq := 0
	return func(n, size int) {
		for ; n > 0; n -= size {
			tx, err := db.Begin()
			require.NoError(b, err)
			insert, err := tx.Prepare(bareInsert)
			require.NoError(b, err)
			for range size {
				seq++
				_, err := insert.Exec(seq, time.Now().UnixNano())
				require.NoError(b, err)
			}
			require.NoError(b, tx.Commit())
		}
	}
}

// bareCommits returns a function that commits n one-row transactions, without
// the calls that a transaction of several rows needs.
func bareCommits(b *testing.B) func(n int) {
	b.Helper()
	insert, err := bareTable(b).Prepare(bareInsert)
	require.NoError(b, err)
	seq := 0
	return func(n int) {
		for range n {
			seq++
			_, err := insert.Exec(seq, time.Now().UnixNano())
			require.NoError(b, err)
		}
	}
}
