package cmd_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/cmd"
	"github.com/seed139febb4/durable/runner"
)

// A deaf activity does not listen to its context, until it is let go.
const (
	deaf   runner.Workflow[struct{}, bool] = "deaf"
	ignore runner.Activity[struct{}, bool] = "ignore"
)

// A trial is a program whose only workflow has a deaf activity.
type trial struct {
	cmd.Program
	began, let     chan struct{}
	told           chan struct{} // the first attempt's context has ended
	signals        chan os.Signal
	exits          chan int
	stdout, stderr bytes.Buffer
	db             string
}

func newTrial(t *testing.T) *trial {
	tr := &trial{began: make(chan struct{}), let: make(chan struct{}), told: make(chan struct{}), signals: make(chan os.Signal, 2), exits: make(chan int, 1),
		db: filepath.Join(t.TempDir(), "t.db")}
	var once sync.Once
	tr.Program = cmd.Program{
		Name: "trial", Stdin: strings.NewReader(""), Stdout: &tr.stdout, Stderr: &tr.stderr, Signals: tr.signals,
		Exit: func(code int) { tr.exits <- code },
		Bindings: []runner.Binding{
			deaf.Bind(func(ctx *runner.Context, _ struct{}) (bool, error) { return ignore.Do(ctx, struct{}{}) }),
			ignore.Bind(func(ctx context.Context, _ struct{}) (bool, error) {
				once.Do(func() {
					context.AfterFunc(ctx, func() { close(tr.told) })
					close(tr.began)
				})
				<-tr.let
				return true, nil
			}),
		},
	}
	return tr
}

// start runs the program and returns where its exit code will come.
func (tr *trial) start(args ...string) <-chan int {
	exit := make(chan int, 1)
	go func() { exit <- tr.Run(context.Background(), append(args, "--db", tr.db)) }()
	return exit
}

func TestSuspend(t *testing.T) {
	for _, c := range []struct {
		name string
		sig  os.Signal
		want int
	}{{"Ctrl-C", os.Interrupt, 130}, {"SIGTERM", syscall.SIGTERM, 143}} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTrial(t)
			exit := tr.start("run", "deaf", "--grace", "1ms")
			<-tr.began
			tr.signals <- c.sig
			require.Equal(t, c.want, <-exit)
			require.Contains(t, tr.stderr.String(), "is safe; the same command carries on")
			require.Contains(t, tr.stderr.String(), "ignore")
			require.Empty(t, tr.stdout.String())
			close(tr.let)

			tr.stderr.Reset()
			require.Equal(t, 0, <-tr.start("run", "deaf"), tr.stderr.String())
			require.Contains(t, tr.stderr.String(), "resuming deaf")
			require.Equal(t, "true\n", tr.stdout.String())
		})
	}
}

// TestInGrace: an activity that returns in time is not run again.
func TestInGrace(t *testing.T) {
	tr := newTrial(t)
	exit := tr.start("run", "deaf", "--grace", "1h")
	<-tr.began
	tr.signals <- os.Interrupt
	<-tr.told
	close(tr.let)
	require.Equal(t, 130, <-exit)
	tr.stderr.Reset()
	require.Equal(t, 0, <-tr.start("run", "deaf"), tr.stderr.String())
}

func TestSecondSignal(t *testing.T) {
	tr := newTrial(t)
	exit := tr.start("run", "deaf", "--grace", "1h")
	<-tr.began
	tr.signals <- os.Interrupt
	tr.signals <- syscall.SIGTERM
	require.Equal(t, 143, <-tr.exits)
	require.Contains(t, tr.stderr.String(), "stopped at once")
	close(tr.let) // a process would have ended
	require.Equal(t, 130, <-exit)
}

// TestSignalTwice: timeout and shells send one signal to the process and to its
// group. That is not the second one.
func TestSignalTwice(t *testing.T) {
	tr := newTrial(t)
	exit := tr.start("run", "deaf", "--grace", "1h")
	<-tr.began
	tr.signals <- syscall.SIGTERM
	tr.signals <- syscall.SIGTERM
	tr.signals <- os.Interrupt
	require.Equal(t, 130, <-tr.exits)
	close(tr.let)
	require.Equal(t, 143, <-exit)
}

// TestSignalReader: a command that runs nothing has nothing to say of runs.
func TestSignalReader(t *testing.T) {
	tr := newTrial(t)
	require.Equal(t, 0, <-tr.start("run", "deaf", "--detach"), tr.stderr.String())
	tr.stderr.Reset()
	for _, command := range []string{"list --watch", "result @last --wait", "show @last --follow --events"} {
		tr.signals <- syscall.SIGTERM
		require.Equal(t, 143, <-tr.start(strings.Fields(command)...))
		require.Empty(t, tr.stderr.String())
	}
}

// TestBrokenBindings: two of one name are told when something is to be run.
func TestBrokenBindings(t *testing.T) {
	tr := newTrial(t)
	tr.Bindings = append(tr.Bindings, tr.Bindings[0])
	require.Equal(t, 1, <-tr.start("run", "deaf"))
	require.Contains(t, tr.stderr.String(), `this program's bindings: engine: two bindings are called "deaf"`)
}

func TestZeroProgram(t *testing.T) {
	var out, errs bytes.Buffer
	p := cmd.Program{Stdout: &out, Stderr: &errs}
	require.Equal(t, 0, p.Run(t.Context(), []string{"workflows", "--json"}))
	require.Equal(t, "[]\n", out.String())
	require.Equal(t, 2, p.Run(t.Context(), []string{"run"}))
	require.Contains(t, errs.String(), "run needs the name of a workflow")
}

// TestSuspendOthers: what goes for run goes for resume and worker.
func TestSuspendOthers(t *testing.T) {
	for _, command := range []string{"resume", "worker"} {
		t.Run(command, func(t *testing.T) {
			tr := newTrial(t)
			require.Equal(t, 0, <-tr.start("run", "deaf", "--detach", "--id", "d"), tr.stderr.String())
			exit := tr.start(command, "--grace", "1ms")
			<-tr.began
			tr.signals <- os.Interrupt
			require.Equal(t, 130, <-exit)
			require.Contains(t, tr.stderr.String(), "interrupted")
			close(tr.let)

			tr.stdout.Reset()
			require.Equal(t, 0, <-tr.start("resume", "d"), tr.stderr.String())
			require.Contains(t, tr.stdout.String(), "d\tcompleted\tdeaf")
		})
	}
}
