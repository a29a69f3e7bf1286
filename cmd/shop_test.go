package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// The shop has a workflow for each way in which a run can go.
const (
	// fail ends with its message as the error.
	fail runner.Workflow[complaint, string] = "fail"
	// double takes a bare number.
	double runner.Workflow[int, int] = "double"
	// drift asks for another step when DRIFT is set: its runs get stuck.
	drift runner.Workflow[struct{}, string] = "drift"
	// family has a child.
	family runner.Workflow[family_, int] = "family"
	// gate waits inside an activity until a file is there.
	gate runner.Workflow[string, string] = "gate"
	// tidy cleans up when it is canceled.
	tidy runner.Workflow[string, string] = "tidy"
	// form has an input of every kind.
	form runner.Workflow[everything, everything] = "form"
	// stubborn tries something again and again.
	stubborn runner.Workflow[struct{}, string] = "stubborn"
	// tally counts the lines of a file that its step adds one to: run twice, it
	// comes to another result.
	tally runner.Workflow[struct{}, int] = "tally"
	// mood declares a signal that takes a number, and two queries.
	mood runner.Workflow[struct{}, int] = "mood"

	// ruin brings its process down, in a way of its input's, unless a file
	// named mended is there.
	ruin runner.Workflow[string, string] = "ruin"
	// blow panics.
	blow runner.Workflow[string, string] = "blow"

	watchGate runner.Activity[string, string]   = "watch"
	sweep     runner.Activity[string, bool]     = "sweep"
	destroy   runner.Activity[string, string]   = "destroy"
	refuse    runner.Activity[struct{}, string] = "refuse"

	raise runner.Signal[int]   = "raise"
	level runner.Query[int]    = "level"
	where runner.Query[string] = "where"
	errNo runner.Failure       = "no"
)

type complaint struct {
	Message string `json:"message" cli:"text" usage:"what to complain about"`
}

type family_ struct {
	Number int    `json:"number" default:"21"`
	Child  string `json:"child,omitempty" usage:"the child's id"`
}

type everything struct {
	Text    string            `json:"text" cli:"text"`
	Yes     bool              `json:"yes"`
	Count   int8              `json:"count" default:"3"`
	Size    uint16            `json:"size"`
	Ratio   float64           `json:"ratio"`
	Wait    runner.Duration   `json:"wait" default:"1m"`
	Pause   time.Duration     `json:"pause"`
	At      time.Time         `json:"at"`
	Tags    []string          `json:"tags" usage:"a tag"`
	Numbers []int             `json:"numbers"`
	Dry     *bool             `json:"dry_run,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Inner   struct {
		Deep string `json:"deep"`
	} `json:"inner"`
	DB string `json:"db" usage:"collides with a flag of the program"`
	ID string `json:"id"`
}

func shop() []runner.Binding {
	return []runner.Binding{
		fail.Bind(func(_ *runner.Context, in complaint) (string, error) {
			return "", fmt.Errorf("%s: %w", in.Message, errNo)
		}),
		double.Bind(func(_ *runner.Context, n int) (int, error) { return 2 * n, nil }),
		drift.Bind(drifting, raise),
		family.Bind(func(ctx *runner.Context, in family_) (int, error) { return double.Do(ctx, in.Child, in.Number) }),
		gate.Bind(func(ctx *runner.Context, file string) (string, error) { return watchGate.Do(ctx, file) }),
		tidy.Bind(tidying),
		form.Bind(func(_ *runner.Context, in everything) (everything, error) { return in, nil }),
		stubborn.Bind(func(ctx *runner.Context, _ struct{}) (string, error) { return refuse.Do(ctx, struct{}{}) }),
		mood.Bind(moody, raise, level, where),
		blow.Bind(blowing),
		ruin.Bind(func(ctx *runner.Context, how string) (string, error) { return destroy.Do(ctx, how, runner.Attempts(2)) }),
		destroy.Bind(destroying),
		tally.Bind(func(ctx *runner.Context, _ struct{}) (int, error) { return runner.Step(ctx, "count", counting) }),

		watchGate.Bind(watching),
		sweep.Bind(func(_ context.Context, file string) (bool, error) {
			return true, os.WriteFile(file, []byte("swept\n"), 0o600)
		}),
		refuse.Bind(func(context.Context, struct{}) (string, error) { return "", errors.New("not today") },
			runner.Backoff{Initial: time.Hour, Cap: time.Hour}),
	}
}

func drifting(ctx *runner.Context, _ struct{}) (string, error) {
	name := "before"
	if os.Getenv("DRIFT") != "" {
		name = "after"
	}
	_, err := runner.Step(ctx, name, func(context.Context) (bool, error) { return true, nil })
	if err != nil {
		return "", err
	}
	n, err := raise.Receive(ctx)
	return fmt.Sprint("raised by ", n), err
}

func counting(context.Context) (int, error) {
	f, err := os.OpenFile("tally", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteString("|")
	text, readErr := os.ReadFile("tally")
	return len(text), errors.Join(err, readErr, f.Close())
}

func tidying(ctx *runner.Context, file string) (string, error) {
	err := ctx.Sleep(time.Hour)
	if errors.Is(err, runner.ErrCanceled) {
		if _, err := sweep.Do(ctx.Shielded(), file); err != nil {
			return "", err
		}
	}
	return "", err
}

func blowing(ctx *runner.Context, _ string) (string, error) {
	_, err := runner.All(ctx, ctx.Go(func(ctx *runner.Context) error { panic("no\x1b fuse") }))
	return "", err
}

func moody(ctx *runner.Context, _ struct{}) (int, error) {
	sum := 0
	level.Answer(ctx, func() int { return sum })
	where.Answer(ctx, func() string { return "here" })
	for sum < 10 {
		n, err := raise.Receive(ctx)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// watching returns when there is a file of that name; it says in file.seen that
// it has begun.
func watching(ctx context.Context, file string) (string, error) {
	if err := os.WriteFile(file+".seen", nil, 0o600); err != nil {
		return "", err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(file); err == nil {
			return "open", nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// destroying does what no recover can stop: it overflows the stack, or uses up
// the memory. Or it does what one can: it panics, or ends its goroutine.
func destroying(_ context.Context, how string) (string, error) {
	if _, err := os.Stat("mended"); err == nil {
		return "mended", nil
	}
	switch how {
	case "stack":
		debug.SetMaxStack(1 << 20)
		return fmt.Sprint(deeper(1)), nil
	case "memory":
		for hoard := [][]byte{}; ; {
			hoard = append(hoard, make([]byte, 64<<20))
		}
	case "goexit":
		runtime.Goexit()
	case "files":
		for {
			if _, err := os.Open(os.DevNull); err != nil {
				return "", err
			}
		}
	}
	panic("no way to do " + how)
}

func deeper(n int) int {
	if n < 0 {
		return 0
	}
	return deeper(n+1) + 1
}
