package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// How cost grows with what is in the file already, and with the size of payloads.
// With the number of steps: BenchmarkLongRun, BenchmarkReplay. With that of
// processes: TestCrowd in package sqlite.

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
			path := filepath.Join(b.TempDir(), "bench.db")
			s := serveFile(b, path)
			s.sleep(b, n)
			s.stop()
			measure(b, path)
		})
	}
}

// BenchmarkSleeper starts runs that wait for a timer: "bytes/run" is what each
// takes in the file.
func BenchmarkSleeper(b *testing.B) {
	const sleepers = 20_000
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "sleep.db")
		s := serveFile(b, path)
		s.sleep(b, sleepers)
		s.stop()
		file, err := os.Stat(path)
		require.NoError(b, err)
		b.ReportMetric(float64(file.Size())/sleepers, "bytes/run")
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
