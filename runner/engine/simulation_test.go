package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// A finding is what is wrong with one simulated history.
type findings []string

func (f *findings) Errorf(format string, args ...any) {
	if len(*f) < 5 {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

func (f *findings) FailNow() { panic("the simulation cannot go on: " + strings.Join(*f, "; ")) }

// simulated is what came of one seed.
type simulated struct {
	findings
	trace   trace
	took    time.Duration
	steps   int
	outcome outcome
}

// simulate plays the program of a seed twice, undisturbed and in bad weather.
func simulate(seed uint64, s sabotage) simulated {
	r := rand.New(rand.NewPCG(seed, 2))
	g := &generator{Rand: r, tx: r.IntN(2) == 0, mail: true}
	n := g.program(2 + r.IntN(14))
	calm := rehearse(r, n, &weather{Rand: r, noise: time.Minute}, Config{}, 1, honest, 0)
	w, c := storm(r, n)
	stormy := rehearse(r, n, w, c, 1+r.IntN(3), s, 20*time.Hour+10*calm.took)
	stormy.findings = append(calm.findings, stormy.findings...)
	if stormy.findings == nil && calm.outcome != stormy.outcome {
		stormy.Errorf("undisturbed it gives\n%v\nhere it gives\n%v\nthe program is\n%v", calm.outcome, stormy.outcome, n)
	}
	stormy.trace.note(uint64(calm.trace))
	stormy.steps += calm.steps
	return stormy
}

// rehearse is one simulated history.
func rehearse(r *rand.Rand, n node, w *weather, c Config, processes int, spoiled sabotage, patience time.Duration) (out simulated) {
	t := &theatre{simulation: newSimulation(r)}
	s := newStage(&out.findings, t, w, c)
	d := newSimDisk(t, w, spoiled)
	s.disk, t.disk, d.witness.s, s.patience = d, d, s, patience
	s.tx = &host.Binding{Name: "tx", Tx: s.writeRow}
	s.mail = (&postOffice{d: d, seen: map[string]bool{}}).subscribe
	s.mend = d.witness.mend
	s.process = func() *simProcess { return t.running.p }
	d.netless = processes == 1 && r.IntN(2) == 0
	over := false
	finished, finish := context.WithCancel(context.Background())
	t.add(&job{task: leaf(func() {
		if w.crash > 0 {
			if r.IntN(8) == 0 && (spoiled == honest || spoiled == noCRC) {
				d.witness.wounds = 1 + r.IntN(3)
			}
			times := r.IntN(6)
			t.add(&job{task: leaf(func() { d.trouble(times, finished) })})
			if r.IntN(4) == 0 {
				t.add(&job{task: leaf(func() { d.wobble(finished) })})
			}
		}
		out.outcome = s.play(n, processes)
		over = true
	})})
	if !t.run(func() bool { return over }) {
		out.Errorf("after %d steps, at %v, it does not end; left are %v", t.steps, t.clock, t.jobs)
		if t.crash != nil {
			out.Errorf("panic: %v\n%s", t.crash.value, t.crash.stack)
		}
	}
	finish()
	if t.crash == nil {
		d.witness.judge()
		s.check()
	}
	for _, p := range t.processes {
		p.dead = true
	}
	t.end()
	for _, p := range t.processes {
		p.unwind()
	}
	out.trace, out.steps, out.took = t.trace, t.steps, t.clock.Sub(newYear)
	return out
}

// writeRow is a transactional step.
func (s *stage) writeRow(ctx context.Context, _ *sql.Tx, in json.RawMessage) (json.RawMessage, error) {
	var n node
	if err := json.Unmarshal(in, &n); err != nil {
		return nil, err
	}
	task := host.TaskOf(ctx)
	*ctx.Value(rowsKey{}).(*string) = fmt.Sprint(task.Run.ULID, " ", task.Op)
	if task.Attempt <= n.Fail {
		return nil, fmt.Errorf("attempt %d of %d: %w", task.Attempt, n.ID, errBoom)
	}
	return json.RawMessage(fmt.Sprint(task.Attempt)), nil
}

// TestSimulation simulates random programs on processes that are killed, stopped,
// misled and cut off, each a history that the seed alone decides.
func TestSimulation(t *testing.T) {
	if *oneSeed != 0 {
		got := simulate(*oneSeed, honest)
		t.Logf("%d steps, trace %016x", got.steps, uint64(got.trace))
		report(t, *oneSeed, got)
		return
	}
	n := *seeds
	if testing.Short() {
		n = min(n, 100)
	}
	shards := runtime.GOMAXPROCS(0)
	for shard := range shards {
		t.Run(fmt.Sprint("shard ", shard), func(t *testing.T) {
			t.Parallel()
			for i := shard; i < n; i += shards {
				seed := *firstOne + uint64(i)
				report(t, seed, simulate(seed, honest))
			}
		})
	}
}

// TestSimulationTwice: the same seed is the same history, and leaves nothing behind.
func TestSimulationTwice(t *testing.T) {
	defer func(before int) {
		for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; { // one that has done its work may not be gone yet
			require.True(t, time.Now().Before(end), "goroutines are left")
			runtime.Gosched()
		}
	}(runtime.NumGoroutine())
	for seed := *firstOne; seed < *firstOne+20; seed++ {
		a, b := simulate(seed, honest), simulate(seed, honest)
		require.Equal(t, a, b, "seed %d", seed)
	}
}

// TestSimulationFindsSabotage: the simulation is worth something if it finds what
// is wrong with a store that is. The rarest shows in one of 200 seeds.
func TestSimulationFindsSabotage(t *testing.T) {
	for _, s := range []sabotage{ackEarly, noFence, noCRC, lostTimer, doubleSignal, syncOff} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			if s == noFence && testing.Short() {
				t.Skip("it shows in one history of a thousand")
			}
			most := 4 * *seeds
			for seed := *firstOne; seed < *firstOne+uint64(most); seed++ {
				if got := simulate(seed, s); len(got.findings) > 0 {
					t.Logf("seed %d: %s", seed, got.findings[0])
					return
				}
			}
			t.Errorf("not found within %d seeds", most)
		})
	}
}

func report(t *testing.T, seed uint64, got simulated) {
	for _, f := range got.findings {
		t.Errorf("seed %d: %s", seed, f)
	}
	if len(got.findings) > 0 {
		t.Errorf("seed %d again: go test ./runner/engine -run 'TestSimulation$' -seed %d", seed, seed)
	}
}

var _ journal.Store = (*simStore)(nil)
