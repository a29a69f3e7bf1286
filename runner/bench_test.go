package runner_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

const (
	benchSteps  runner.Workflow[int, int] = "steps"
	benchFan    runner.Workflow[int, int] = "fan"
	benchSignal runner.Workflow[int, int] = "signals"
	benchSleep  runner.Workflow[int, int] = "sleep"
	benchEcho   runner.Activity[int, int] = "echo"
	benchPing   runner.Signal[int]        = "ping"
	benchSum    runner.Query[int]         = "sum"
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

// benchRunner serves the benchmark's workflows on a new file.
func benchRunner(b *testing.B) *runner.Runner {
	b.Helper()
	db, err := sqlite.Open(filepath.Join(b.TempDir(), "bench.db"))
	require.NoError(b, err)
	r, err := runner.New(db, benchBindings()...)
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	_, err = benchSteps.Start(ctx, r, "warm", 1)
	require.NoError(b, err)
	_, err = r.RunResult(ctx, "warm")
	require.NoError(b, err)
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-ended)
		require.NoError(b, db.Close())
	})
	return r
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

// BenchmarkSequential runs workflows of 10 activities one at a time, in turn
// with 11 bare commits: "ratio" is what the engine costs above the disk.
func BenchmarkSequential(b *testing.B) {
	r := benchRunner(b)
	bare := bareCommits(b)
	ctx := context.Background()
	run := func() {
		h, err := benchSteps.Start(ctx, r, "", 10)
		require.NoError(b, err)
		_, err = h.Wait(ctx)
		require.NoError(b, err)
	}
	bare(1100)
	for range 50 { // 30 pages each: both logs have begun again, and grow no more
		run()
	}
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		run()
		ours += time.Since(began)
		began = time.Now()
		bare(11)
		theirs += time.Since(began)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "us/workflow")
	b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "us/11commits")
}

// BenchmarkThroughput runs 2,000 workflows of 10 activities, 200 in flight, in
// turn with bare transactions of 200 rows: "share" is steps per bare row.
func BenchmarkThroughput(b *testing.B) {
	const runs, steps, inFlight = 2000, 10, 200
	r := benchRunner(b)
	rows := bareGroups(b)
	rows(10_000, 200)
	ctx := context.Background()
	var took, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		slots := make(chan struct{}, inFlight)
		var wg sync.WaitGroup
		for range runs {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				h, err := benchSteps.Start(ctx, r, "", steps)
				if err == nil {
					_, err = h.Wait(ctx)
				}
				if err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		took += time.Since(began)
		began = time.Now()
		rows(runs*steps, 200)
		theirs += time.Since(began)
	}
	b.ReportMetric(float64(b.N*runs*steps)/took.Seconds(), "steps/s")
	b.ReportMetric(float64(b.N*runs*steps)/theirs.Seconds(), "bare-rows/s")
	b.ReportMetric(float64(theirs)/float64(took), "share")
}

// BenchmarkFanOut runs 1,000 activities of one workflow at once.
func BenchmarkFanOut(b *testing.B) {
	r := benchRunner(b)
	ctx := context.Background()
	for b.Loop() {
		h, err := benchFan.Start(ctx, r, "", 1000)
		require.NoError(b, err)
		n, err := h.Wait(ctx)
		require.NoError(b, err)
		require.Equal(b, 1000, n)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/workflow")
}

// BenchmarkLongRun is one run of n steps; "us/step" must not depend on n.
func BenchmarkLongRun(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := benchRunner(b)
			ctx := context.Background()
			for b.Loop() {
				h, err := benchSteps.Start(ctx, r, "", n)
				require.NoError(b, err)
				_, err = h.Wait(ctx)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/step")
		})
	}
}

// BenchmarkReplay rebuilds a run of n steps from its journal and asks it.
func BenchmarkReplay(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := benchRunner(b)
			ctx := context.Background()
			h, err := benchSteps.Start(ctx, r, "", n)
			require.NoError(b, err)
			want, err := h.Wait(ctx)
			require.NoError(b, err)
			for b.Loop() { // an ended run is in nobody's memory
				sum, err := benchSum.Ask(ctx, r, h.ULID)
				require.NoError(b, err)
				require.Equal(b, want, sum)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/replay")
		})
	}
}

// BenchmarkSignal sends a signal in process and waits for the workflow to have
// taken it.
func BenchmarkSignal(b *testing.B) {
	r := benchRunner(b)
	ctx := context.Background()
	for b.Loop() {
		b.StopTimer()
		h, err := benchSignal.Start(ctx, r, "", 1)
		require.NoError(b, err)
		b.StartTimer()
		require.NoError(b, benchPing.Send(ctx, r, h.ID, 1))
		_, err = h.Wait(ctx)
		require.NoError(b, err)
	}
}

// BenchmarkSleeper starts runs that wait for a timer: "bytes/run" is what each
// takes in the file.
func BenchmarkSleeper(b *testing.B) {
	const sleepers, inFlight = 20_000, 200
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "sleep.db")
		db, err := sqlite.Open(path)
		require.NoError(b, err)
		r, err := runner.New(db, benchBindings()...)
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		var wg sync.WaitGroup
		for range inFlight {
			wg.Go(func() {
				for n := range sleepers / inFlight {
					if _, err := benchSleep.Start(ctx, r, "", n); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		cancel()
		require.NoError(b, <-ended)
		require.NoError(b, db.Close())
		file, err := os.Stat(path)
		require.NoError(b, err)
		b.ReportMetric(float64(file.Size())/sleepers, "bytes/run")
	}
}
