package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/bench/suite/port"
)

// tiny runs all workloads once, in tiny sizes, on the peers of that name.
func tiny(t *testing.T, peers string) *report {
	t.Helper()
	ctx, work := context.Background(), t.TempDir()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	t.Cleanup(func() {
		log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s", text)
		}
	})
	say := func(format string, args ...any) { t.Logf(format, args...) }
	s := settings{peers: peers, rounds: 1, time: 3 * time.Minute, sizes: port.Tiny()}
	r := &report{}
	sit(ctx, r, s, port.Workloads(), gather(ctx, s, work, log, say), sitting{work: work, log: log, say: say})
	return r
}

func TestEveryWorkloadRunsOnDurable(t *testing.T) {
	r := tiny(t, "durable")
	require.Len(t, r.Entries, 1)
	for _, w := range r.workloads {
		o := r.of(w.Name, "durable")
		require.Empty(t, o.Failed, w.Name)
		require.Empty(t, o.None, w.Name)
		for _, f := range w.Figures {
			if f.Unit == "MiB" && f.Name != "program" && runtime.GOOS != "linux" {
				continue
			}
			require.Len(t, o.Samples[f.Name], 1, "%s: %s", w.Name, f.Name)
		}
	}
}

func TestTheBareLimitSaysWhatItDoesNotHave(t *testing.T) {
	r := tiny(t, "bare")
	for _, w := range r.workloads {
		o := r.of(w.Name, "bare")
		require.Empty(t, o.Failed, w.Name)
		require.Equal(t, w.Name == "W4" || w.Name == "W6", o.None != "", w.Name)
	}
}

// Peers that need another module's dependencies are asked for.
func TestEveryWorkloadRunsOnPeers(t *testing.T) {
	peers := os.Getenv("BENCH_PEERS")
	if peers == "" {
		t.Skip("set BENCH_PEERS=dbos,go-workflows,temporal to build and try these")
	}
	r := tiny(t, peers)
	for _, o := range r.Outcomes {
		require.Empty(t, o.Failed, "%s on %s", o.Workload, o.Peer)
	}
}

func TestAPeerThatDoesNotBuildIsAColumn(t *testing.T) {
	expected := []entry{{Description: port.Description{Name: "gone"}}}
	program := filepath.Join(t.TempDir(), "gone")
	err := build(t.Context(), filepath.Join("peer", "gone"), program, io.Discard)
	require.Error(t, err)
	entries := ask(t.Context(), program, err, expected, "", io.Discard)
	require.Len(t, entries, 1)

	r := &report{}
	sit(t.Context(), r, settings{rounds: 1}, port.Workloads()[:1], entries, sitting{say: t.Logf})
	require.Contains(t, r.markdown(), "- **gone**: build "+filepath.Join("peer", "gone"))
	require.Contains(t, r.markdown(), "| W1 | p50, ms | – |")
}

func TestAProgramThatIsNoPeerIsAColumn(t *testing.T) {
	entries := ask(t.Context(), filepath.Join(t.TempDir(), "none"), nil, []entry{{}}, "", io.Discard)
	require.Contains(t, entries[0].Failed, "start ")
}
