package runner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkSequential runs workflows of 10 activities one at a time, in turn
// with 11 bare commits: "ratio", of the medians, is what the engine costs above the
// disk; "mean-ratio" has in it whatever else the machine did.
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
	var ours, theirs []time.Duration
	for b.Loop() {
		began := time.Now()
		run()
		ours = append(ours, time.Since(began))
		began = time.Now()
		bare(11)
		theirs = append(theirs, time.Since(began))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	bare11 := theirs[len(theirs)/2]
	b.ReportMetric(float64(ours[len(ours)/2])/float64(bare11), "ratio")
	b.ReportMetric(float64(total(ours))/float64(total(theirs)), "mean-ratio")
	b.ReportMetric(float64(ours[len(ours)/2].Microseconds()), "us/workflow")
	b.ReportMetric(float64(bare11.Microseconds()), "us/11commits")
}

func total(all []time.Duration) (sum time.Duration) {
	for _, d := range all {
		sum += d
	}
	return sum
}

// BenchmarkThroughput runs 2,000 workflows of 10 activities, 200 in flight, in
// turn with bare transactions of 200 rows: "share" is steps per bare row.
func BenchmarkThroughput(b *testing.B) {
	const runs, steps = 2000, 10
	r := benchRunner(b)
	rows := bareGroups(b)
	rows(10_000, 200)
	ctx := context.Background()
	var took, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		fill(b, runs, func(int) error {
			h, err := benchSteps.Start(ctx, r, "", steps)
			if err == nil {
				_, err = h.Wait(ctx)
			}
			return err
		})
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
