package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// manyRuns is among how many runs the benchmarks spread their events, and
// longRun how many events each of these gets before another takes its place.
const (
	manyRuns = 200
	longRun  = 20
)

// bare writes groups of rows with nothing but the driver: what Commit cannot
// be faster than.
func bare(b *testing.B, groups, size int) time.Duration {
	path := filepath.Join(b.TempDir(), "bare.db")
	db, err := Open(path, Exclusive)
	require.NoError(b, err)
	defer db.Close()
	c := db.writer.conn
	db.writer.guard.committing = true
	start := time.Now()
	for g := range groups {
		err := c.exec("BEGIN IMMEDIATE")
		require.NoError(b, err)
		for i := range size {
			n := int64(g*size + i)
			run, seq := n%manyRuns+n/(manyRuns*longRun)*manyRuns, n/manyRuns%longRun
			err = c.exec(insertEvent, run, seq, dawn.UnixNano(), "activity.completed", seq, "a", `"done"`, nil, `[{"do":"activity","op":12,"name":"a","data":1}]`, int64(1<<31))
			if err != nil {
				b.Fatal(err)
			}
		}
		err = c.exec("COMMIT")
		require.NoError(b, err)
		db.ckpt.finish(db.writer)
		db.ckpt.start(db.writer)
	}
	return time.Since(start)
}

// BenchmarkAppend writes groups of events, and reports what that costs beside
// the same rows written bare.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 10, 200, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			db := openNew(b)
			stories := make([]*story, manyRuns)
			for i := range stories {
				stories[i] = begin(b, db, activity(1))
			}
			writes := make([]journal.Write, size)
			n := 0
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				for i := range writes {
					s := stories[n%manyRuns]
					if s.last.Seq > longRun {
						s = begin(b, db, activity(1))
						stories[n%manyRuns] = s
					}
					n++
					writes[i] = s.next(completed(s.last.Seq), activity(s.last.Seq+1))
				}
				b.StartTimer()
				if err := db.Commit(writes...); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			took := b.Elapsed()
			for _, w := range writes {
				require.NoError(b, w.Refused())
			}
			floor := bare(b, b.N, size)
			rows := float64(b.N * size)
			b.ReportMetric(rows/took.Seconds(), "appends/s")
			b.ReportMetric(rows/floor.Seconds(), "bare/s")
			b.ReportMetric(float64((took-floor).Microseconds())/float64(b.N), "us-more/commit")
			b.ReportMetric(took.Seconds()/floor.Seconds(), "ratio")
		})
	}
}

// BenchmarkTransact runs groups of steps that insert one row each.
func BenchmarkTransact(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			db := openNew(b)
			s := begin(b, db, activity(1))
			writes := make([]journal.Write, size)
			op := int64(0)
			b.ResetTimer()
			for range b.N {
				for i := range writes {
					op++
					writes[i] = transact(s.key, op, insert(fmt.Sprint("order ", op)))
				}
				if err := db.Commit(writes...); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				for _, w := range writes {
					require.NoError(b, w.Refused())
				}
				in, err := db.Inbox(b.Context(), s.key, 0)
				require.NoError(b, err)
				for i := range in { // as the turns would
					writes[i] = &journal.Discard{Run: s.key, Fence: 1, Message: in[i].ID}
				}
				require.NoError(b, db.Commit(writes...))
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
