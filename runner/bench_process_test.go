package runner_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

const (
	procLong  runner.Workflow[int, int] = "long"
	procMark  runner.Activity[int, int] = "mark"
	procWait  runner.Workflow[int, int] = "wait"
	procSleep runner.Workflow[int, int] = "sleep"
	procStamp runner.Signal[int64]      = "stamp"
)

// A child process of these benchmarks: the test binary itself, with
// benchChild set to the file it serves.
const benchChild = "DURABLE_BENCH_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(benchChild); path != "" {
		if err := serveChild(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func procBindings() []runner.Binding {
	return []runner.Binding{
		// mark notes when it was started, and never ends.
		procMark.Bind(func(ctx context.Context, _ int) (int, error) {
			if err := note(time.Now().UnixNano()); err != nil {
				return 0, err
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}),
		procLong.Bind(func(ctx *runner.Context, n int) (int, error) { return procMark.Do(ctx, n) }),
		procSleep.Bind(func(ctx *runner.Context, n int) (int, error) { return n, ctx.Sleep(24 * time.Hour) }),
		// wait notes how long each signal took from its sending.
		procWait.Bind(func(ctx *runner.Context, _ int) (int, error) {
			for {
				sent, err := procStamp.Receive(ctx)
				if err != nil {
					return 0, err
				}
				if err := note(time.Now().UnixNano() - sent); err != nil {
					return 0, err
				}
			}
		}),
	}
}

// pipe is how a child tells the benchmark something.
var pipe = sync.OnceValue(func() *os.File { return os.NewFile(3, "notes") })

func note(n int64) error {
	_, err := fmt.Fprintln(pipe(), n)
	return err
}

func serveChild(path string) error {
	db, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	r, err := runner.New(db, procBindings()...)
	if err != nil {
		return err
	}
	go func() {
		<-r.Ready()
		_ = note(0)
	}()
	return r.Run(context.Background())
}

// A nursery starts children and hears what they note.
type nursery struct {
	*testing.B
	path  string
	write *os.File
	lines *bufio.Scanner
	db    *sqlite.DB
	r     *runner.Runner
}

func newNursery(b *testing.B) *nursery {
	b.Helper()
	read, write, err := os.Pipe()
	require.NoError(b, err)
	n := &nursery{B: b, path: filepath.Join(b.TempDir(), "r.db"), write: write, lines: bufio.NewScanner(read)}
	n.db, err = sqlite.Open(n.path)
	require.NoError(b, err)
	n.r, err = runner.New(n.db, procBindings()...)
	require.NoError(b, err)
	b.Cleanup(func() {
		n.db.Close()
		read.Close()
		write.Close()
	})
	return n
}

func (n *nursery) child() *exec.Cmd {
	n.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), benchChild+"="+n.path)
	c.Stderr, c.ExtraFiles = os.Stderr, []*os.File{n.write}
	require.NoError(n, c.Start())
	n.Cleanup(func() { n.kill(c) })
	return c
}

func (n *nursery) kill(c *exec.Cmd) {
	_ = c.Process.Kill()
	_ = c.Wait()
}

// heard waits for the next note: 0 is a child that is ready.
func (n *nursery) heard() int64 {
	n.Helper()
	require.True(n, n.lines.Scan(), "the children are gone: %v", n.lines.Err())
	v, err := strconv.ParseInt(n.lines.Text(), 10, 64)
	require.NoError(n, err)
	return v
}

// marked waits for the next note that is no readiness.
func (n *nursery) marked() int64 {
	n.Helper()
	for {
		if v := n.heard(); v != 0 {
			return v
		}
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms/max")
}

// BenchmarkRestart kills the process that runs an activity and starts it again:
// from exec to the activity running again.
func BenchmarkRestart(b *testing.B) {
	n := newNursery(b)
	child := n.child()
	n.startLong()
	var took []time.Duration
	for b.Loop() {
		n.kill(child)
		began := time.Now()
		child = n.child()
		took = append(took, time.Unix(0, n.marked()).Sub(began))
		n.clearCrashes()
	}
	report(b, took)
}

// BenchmarkTakeOver kills the process that runs an activity while another one
// serves the same file: from the kill to the activity running there.
func BenchmarkTakeOver(b *testing.B) {
	n := newNursery(b)
	owner := n.child()
	n.startLong()
	var took []time.Duration
	for b.Loop() {
		standby := n.child()
		require.Zero(b, n.heard())
		began := time.Now()
		n.kill(owner)
		took = append(took, time.Unix(0, n.marked()).Sub(began))
		owner = standby
		n.clearCrashes()
	}
	report(b, took)
}

// BenchmarkSignalAcross sends a signal from this process to a workflow that
// another one runs: from the call to the workflow's next line.
func BenchmarkSignalAcross(b *testing.B) {
	n := newNursery(b)
	n.child()
	require.Zero(b, n.heard())
	ctx := context.Background()
	_, err := procWait.Start(ctx, n.r, "w", 0)
	require.NoError(b, err)
	var took []time.Duration
	for b.Loop() {
		require.NoError(b, procStamp.Send(ctx, n.r, "w", time.Now().UnixNano()))
		took = append(took, time.Duration(n.marked()))
	}
	report(b, took)
}

// BenchmarkIdle starts 10,000 runs that sleep for a day, and leaves a process
// alone with them for as long as a loop takes: what that costs.
func BenchmarkIdle(b *testing.B) {
	const sleepers, idle = 10_000, 10 * time.Second
	n := newNursery(b)
	starter := n.child()
	require.Zero(b, n.heard())
	for i := range sleepers {
		_, err := procSleep.Start(context.Background(), n.r, "", i)
		require.NoError(b, err)
	}
	require.NoError(b, starter.Process.Signal(os.Interrupt)) // any end will do
	_ = starter.Wait()
	used := func(wait time.Duration) (cpu time.Duration, rss int64) {
		c := n.child()
		require.Zero(b, n.heard())
		<-time.After(wait)
		n.kill(c)
		return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), maxRSS(c.ProcessState)
	}
	for b.Loop() {
		start, _ := used(0)
		all, rss := used(idle)
		b.ReportMetric(100*(all-start).Seconds()/idle.Seconds(), "%cpu")
		b.ReportMetric(float64(rss)/1e6, "MB")
	}
}

// startLong starts the run whose activity never ends, and waits for it.
func (n *nursery) startLong() {
	n.Helper()
	require.Zero(n, n.heard())
	_, err := procLong.Start(context.Background(), n.r, "l", 0)
	require.NoError(n, err)
	n.marked()
}

// clearCrashes keeps a run that crashed often from being stuck.
func (n *nursery) clearCrashes() {
	n.Helper()
	require.NoError(n, n.r.ResumeRun(context.Background(), "l"))
}

// maxRSS is the largest memory, in bytes, that the process had; 0 where the
// system does not say.
func maxRSS(p *os.ProcessState) int64 {
	usage := reflect.Indirect(reflect.ValueOf(p.SysUsage()))
	if usage.Kind() != reflect.Struct || !usage.FieldByName("Maxrss").IsValid() {
		return 0
	}
	kilobytes := usage.FieldByName("Maxrss").Int()
	if runtime.GOOS == "darwin" { // which counts bytes
		return kilobytes
	}
	return kilobytes * 1024
}
