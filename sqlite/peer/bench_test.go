package peer

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quantiles reports the middle and the worst of what was measured.
func quantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
	b.ReportMetric(0, "ns/op")
}

// There and back.
func BenchmarkNudge(b *testing.B) {
	path := base(b)
	one, om, or := join(b, path)
	two, tm, tr := join(b, path)
	linked(b, one, tm.Token())
	linked(b, two, om.Token())
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		one.Nudge(tm.Token(), 1)
		<-tr.nudged
		two.Nudge(om.Token(), 1)
		<-or.nudged
		took = append(took, time.Since(start))
	}
	quantiles(b, took)
}

func BenchmarkCall(b *testing.B) {
	path := base(b)
	_, m, _ := join(b, path)
	client := open(b, path)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		_, err := client.Call(b.Context(), m.Token(), []byte("question"))
		require.NoError(b, err)
		took = append(took, time.Since(start))
	}
	quantiles(b, took)
}

func BenchmarkMark(b *testing.B) {
	_, m, _ := join(b, base(b))
	mark := make([]byte, MarkSize)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Mark(mark)
	}
}

func BenchmarkSyncMark(b *testing.B) {
	_, m, _ := join(b, base(b))
	for b.Loop() {
		_ = m.Mark([]byte("mark"))
		require.NoError(b, m.SyncMark())
	}
}

func BenchmarkTouch(b *testing.B) {
	_, m, _ := join(b, base(b))
	for b.Loop() {
		m.Touch()
	}
}

func BenchmarkAlive(b *testing.B) {
	path := base(b)
	_, m, _ := join(b, path)
	d := open(b, path)
	for b.Loop() {
		_, _, _ = d.Alive(m.Token())
	}
}

func BenchmarkTurnstileAlone(b *testing.B) {
	turn := open(b, base(b)).Turnstile()
	for b.Loop() {
		require.NoError(b, turn.Enter(b.Context()))
		turn.Leave()
	}
}

// From kill -9 to Died.
func BenchmarkDeath(b *testing.B) {
	path := base(b)
	d, _, r := join(b, path)
	var took []time.Duration
	for b.Loop() {
		p := start(b, path)
		linked(b, d, p.token)
		start := time.Now()
		require.NoError(b, p.cmd.Process.Kill())
		<-r.died
		took = append(took, time.Since(start))
		require.NoError(b, d.Remove(p.token))
	}
	quantiles(b, took)
}

// Join and Leave beside one other member.
func BenchmarkJoin(b *testing.B) {
	path := base(b)
	join(b, path)
	d := open(b, path)
	for b.Loop() {
		m, err := d.Join(nil)
		require.NoError(b, err)
		require.NoError(b, m.Leave())
	}
}

func BenchmarkAnnounce(b *testing.B) {
	path := base(b)
	join(b, path)
	d := open(b, path)
	for b.Loop() {
		d.Announce()()
	}
}
