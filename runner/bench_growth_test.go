package runner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// How cost grows with what is in the file already, and with the size of payloads.
// With the number of steps: BenchmarkLongRun, BenchmarkReplay. With that of
// processes: TestCrowd in package sqlite.

const (
	benchBulk runner.Workflow[int, int]    = "bulk" // ten results of so many bytes
	benchBlob runner.Activity[int, string] = "blob"
)

func growthBindings() []runner.Binding {
	return append(benchBindings(),
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
		}))
}

// A served file is one that a runner serves.
type served struct {
	*runner.Runner
	db   *sqlite.DB
	stop func()
}

func serveFile(b *testing.B, path string) served {
	db, err := sqlite.Open(path)
	require.NoError(b, err)
	r, err := runner.New(db, growthBindings()...)
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

// fill calls start n times, by 200 callers.
func fill(b *testing.B, n int, start func(i int) error) {
	var all sync.WaitGroup
	for k := range 200 {
		all.Go(func() {
			for i := k; i < n; i += 200 {
				if err := start(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// measure opens the file, which has something in it, and works in it: "ready-ms" is
// how long it takes until the first workflow has run, "us/workflow" what one of ten
// steps takes then, "list-ms" the newest twenty runs.
func measure(b *testing.B, path string) {
	began := time.Now()
	s := serveFile(b, path)
	defer s.stop()
	ctx := context.Background()
	work := func(steps int) {
		h, err := benchSteps.Start(ctx, s, "", steps)
		require.NoError(b, err)
		_, err = h.Wait(ctx)
		require.NoError(b, err)
	}
	work(1)
	ready := time.Since(began)
	began = time.Now()
	for range 20 {
		_, err := s.db.Runs(ctx, journal.Filter{Limit: 20})
		require.NoError(b, err)
	}
	list := time.Since(began) / 20
	for b.Loop() {
		work(10)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/workflow")
	b.ReportMetric(float64(ready.Microseconds())/1000, "ready-ms")
	b.ReportMetric(float64(list.Microseconds())/1000, "list-ms")
}

// BenchmarkEndedRuns works in a file with so many runs that have ended.
func BenchmarkEndedRuns(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path, ctx := filepath.Join(b.TempDir(), "bench.db"), context.Background()
			s := serveFile(b, path)
			fill(b, n, func(int) error {
				h, err := benchSteps.Start(ctx, s, "", 1)
				if err == nil {
					_, err = h.Wait(ctx)
				}
				return err
			})
			s.stop()
			measure(b, path)
		})
	}
}

// BenchmarkSleepers works in a file with so many runs that sleep.
func BenchmarkSleepers(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path, ctx := filepath.Join(b.TempDir(), "bench.db"), context.Background()
			s := serveFile(b, path)
			fill(b, n, func(i int) error {
				_, err := benchSleep.Start(ctx, s, "", i)
				return err
			})
			s.stop()
			measure(b, path)
		})
	}
}

// BenchmarkPayload runs ten activities whose results have so many bytes: "us/step".
func BenchmarkPayload(b *testing.B) {
	for _, n := range []int{1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := serveFile(b, filepath.Join(b.TempDir(), "bench.db"))
			defer s.stop()
			ctx := context.Background()
			for b.Loop() {
				h, err := benchBulk.Start(ctx, s, "", n)
				require.NoError(b, err)
				size, err := h.Wait(ctx)
				require.NoError(b, err)
				require.Equal(b, 10*n, size)
			}
			b.SetBytes(int64(10 * n))
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10, "us/step")
		})
	}
}
