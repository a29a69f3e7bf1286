package port

import (
	"context"
	"slices"
	"time"
)

// A Workload is something that all systems do, and how it is measured.
type Workload struct {
	Name    string // as -only takes it
	Title   string
	About   string // what is done in each system, and between which moments
	Figures []Figure

	phases map[string]func(context.Context, *session) error // in the peer's process
	drive  func(context.Context, *Stage) error              // outside of it; nil: the phase "run", once
}

// A Figure is one number that comes of a workload.
type Figure struct {
	Name string
	Unit string
	More bool // more is better
}

// Sizes say how much of everything; a test makes them tiny.
type Sizes struct {
	Alone    int           // W1: workflows, one at a time
	Steps    int           // W1, W2: activities of each
	Crowd    int           // W2: workflows
	InFlight int           // W2, W4: at once
	Fan      int           // W3: activities of one workflow
	Fans     int           // W3: workflows, one at a time
	Sleepers int           // W4
	Starts   int           // W5: processes on the existing file
	Signals  int           // W7
	Settle   time.Duration // W6, W7: what a workflow has to come to rest
	Long     int           // W8: steps
	Idle     time.Duration // W9
}

// Usual are the sizes that figures are published for.
func Usual() Sizes {
	return Sizes{
		Alone: 200, Steps: 10, Crowd: 2000, InFlight: 200, Fan: 1000, Fans: 5, Sleepers: 10_000,
		Starts: 5, Signals: 30, Settle: 50 * time.Millisecond, Long: 10_000, Idle: 10 * time.Second,
	}
}

// Tiny are sizes that show whether everything works.
func Tiny() Sizes {
	return Sizes{
		Alone: 2, Steps: 2, Crowd: 4, InFlight: 2, Fan: 5, Fans: 1, Sleepers: 5,
		Starts: 1, Signals: 2, Settle: time.Millisecond, Long: 20, Idle: time.Millisecond,
	}
}

// Workloads are all there are, in the order in which they are run.
func Workloads() []Workload {
	return []Workload{alone, crowd, fan, sleepers, first, killed, signals, long, idle}
}

// once has the phase "run" done by one process, to its end.
func once(ctx context.Context, st *Stage) error {
	p, err := st.Start(ctx, "run")
	if err != nil {
		return err
	}
	return p.Ended(ctx)
}

// Run runs the workload on one peer.
func (w Workload) Run(ctx context.Context, st *Stage) error {
	st.order.Workload = w.Name
	drive := w.drive
	if drive == nil {
		drive = once
	}
	err := drive(ctx, st)
	st.stop()
	return err
}

// quantile sorts the durations and returns the one at q of their way, in
// milliseconds.
func quantile(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return milliseconds(took[int(q*float64(len(took)-1))])
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
