// Suite runs the same work on durable and on its peers, each in turn, on files
// with real durability, and prints what came of it as ratios. See
// docs/performance.md, and package port for what is measured. From the root of the
// repository it is started by go run ./bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed139febb4/durable/bench/suite/port"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are the command line.
type settings struct {
	only, peers, with string
	source            string // the folder of this program
	out               string
	rounds            int
	time              time.Duration
	sizes             port.Sizes
}

func parse(args []string) (settings, error) {
	s := settings{source: os.Getenv("BENCH_SUITE"), sizes: port.Usual()} // see ../main.go
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.only, "only", "", "the workloads, as W1,W7; empty: all")
	f.StringVar(&s.peers, "peers", "", "the peers, as durable,dbos; empty: all; a prefix will do")
	f.StringVar(&s.with, "with", "", "further peers: paths of programs that call port.Serve, separated by commas")
	f.StringVar(&s.out, "out", "", "the folder for the report and, while it is made, the files; it must be on the disk to be measured; empty: bench/out")
	f.IntVar(&s.rounds, "rounds", 3, "how often everything is run; the medians are printed")
	f.DurationVar(&s.time, "time", 150*time.Second, "what one workload may take on one peer; new work is begun for a fifth of it")
	f.IntVar(&s.sizes.Sleepers, "sleepers", s.sizes.Sleepers, "how many sleep in W4")
	f.IntVar(&s.sizes.Long, "long", s.sizes.Long, "how many steps the workflow of W8 has")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 || s.rounds < 1 {
		return s, fmt.Errorf("no arguments but flags, and at least one round: %v", args)
	}
	return s, nil
}

func bench(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	workloads, err := chosen(s.only)
	if err != nil {
		return err
	}
	if s.out == "" {
		s.out = filepath.Join(s.source, "..", "out")
	}
	if s.out, err = filepath.Abs(s.out); err != nil {
		return fmt.Errorf("find the folder for the report: %w", err)
	}
	work := filepath.Join(s.out, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return fmt.Errorf("make the folder for the files: %w", err)
	}
	defer os.RemoveAll(work)
	log, err := os.Create(filepath.Join(s.out, "peers.log"))
	if err != nil {
		return fmt.Errorf("make the peers' log: %w", err)
	}
	defer log.Close()
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

	r := &report{Machine: machine(work), Command: strings.Join(append([]string{"go run ./bench"}, args...), " ")}
	entries := gather(ctx, s, work, log, say)
	if len(entries) == 0 {
		return fmt.Errorf("no peer is called %q", s.peers)
	}
	sit(ctx, r, s, workloads, entries, sitting{work: work, log: log, say: say})
	if err := r.write(s.out); err != nil {
		return err
	}
	fmt.Print(r.markdown())
	return ctx.Err()
}

func chosen(only string) ([]port.Workload, error) {
	if only == "" {
		return port.Workloads(), nil
	}
	var all []port.Workload
	for _, name := range strings.Split(only, ",") {
		found := false
		for _, w := range port.Workloads() {
			if strings.EqualFold(w.Name, name) {
				all, found = append(all, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no workload %q", name)
		}
	}
	return all, nil
}
