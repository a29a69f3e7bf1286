package runner_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// BenchmarkProbe is what a step of a sequential workflow costs with nobody to be
// told of its moments, and what part of that is the asking: a comparison with nil
// for each moment, which the two metrics count and price.
func BenchmarkProbe(b *testing.B) {
	moments := momentsPerStep(b)
	var nobody journal.Probe
	const asked = 100_000_000
	begin := time.Now()
	for range asked {
		nobody.At(journal.BeginBefore)
	}
	each := float64(time.Since(begin).Nanoseconds()) / asked

	r := benchRunner(b)
	b.ResetTimer()
	_, err := benchSteps.Start(b.Context(), r, "probe", b.N)
	require.NoError(b, err)
	_, err = r.RunResult(b.Context(), "probe")
	require.NoError(b, err)
	step := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(moments, "moments/op")
	b.ReportMetric(100*moments*each/step, "%-asking")
}

// momentsPerStep counts the moments that a probe is told of.
func momentsPerStep(b *testing.B) float64 {
	var told atomic.Int64
	count := func(journal.Moment) { told.Add(1) }
	db, err := sqlite.Open(filepath.Join(b.TempDir(), "probe.db"), sqlite.Scratch, sqlite.Probe(count))
	require.NoError(b, err)
	r, err := runner.New(db, benchBindings()...)
	require.NoError(b, err)
	r.Probe = count
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	const steps = 1000
	_, err = benchSteps.Start(ctx, r, "count", steps)
	require.NoError(b, err)
	_, err = r.RunResult(ctx, "count")
	require.NoError(b, err)
	stop()
	require.NoError(b, <-ended)
	require.NoError(b, db.Close())
	return float64(told.Load()) / steps
}
