package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed139febb4/durable/bench/suite/port"
)

// A sitting runs everything in turn: each round all workloads, each workload all
// peers one after the other, so that what else the machine does meets them all.
type sitting struct {
	work string
	log  io.Writer
	say  func(string, ...any)
}

func sit(ctx context.Context, r *report, s settings, workloads []port.Workload, entries []entry, st sitting) {
	r.begin(workloads, entries)
	for round := range s.rounds {
		for _, w := range workloads {
			for _, e := range entries {
				if ctx.Err() != nil {
					return
				}
				if e.Failed != "" || !r.offers(w.Name, e.Name) {
					continue
				}
				began := time.Now()
				figures, err := st.run(ctx, s, w, e)
				r.add(w, e.Name, figures, err)
				st.say("round %d  %-3s %-16s %6.1fs  %s", round+1, w.Name, e.Name, time.Since(began).Seconds(), short(err))
			}
		}
		r.Rounds = round + 1
	}
}

// run runs one workload on one peer in a folder of its own.
func (st sitting) run(ctx context.Context, s settings, w port.Workload, e entry) (map[string]float64, error) {
	dir, err := os.MkdirTemp(st.work, w.Name+"-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", w.Name, err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, s.time)
	defer cancel()
	stage := &port.Stage{
		Program: e.program, Peer: e.Description, Dir: dir, Sizes: s.sizes, Enough: s.time / 5,
		Log: st.log, Figures: map[string]float64{},
	}
	err = w.Run(ctx, stage)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("more than %v", s.time)
	}
	return stage.Figures, err
}

func short(err error) string {
	var none port.NotOffered
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &none):
		return "- " + none.Error()
	}
	return "failed: " + err.Error()
}
