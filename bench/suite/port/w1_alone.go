package port

import (
	"context"
	"time"
)

var alone = Workload{
	Name:  "W1",
	Title: "one workflow of 10 activities, alone",
	About: `One workflow at a time: it is started, runs 10 activities one after the other, each begun with the result of the
one before, and its result is awaited. The clock runs from the call that starts it until its result is in the caller's
hands, so what counts is the latency of 10 durable steps: what the system commits for each, and how its parts tell
each other that there is something to do. The caller is in the worker's process; where there is a server (Temporal) it
is in the same process, too, and is spoken to by gRPC over loopback, which flatters it. The bare limit commits 11 rows,
one by one: the start and each result.`,
	Figures: []Figure{{Name: "p50", Unit: "ms"}, {Name: "p99", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{"run": func(ctx context.Context, s *session) error {
		return s.with(ctx, func(sys System) error {
			var took []time.Duration
			_, err := s.again(s.Sizes.Alone, func(int) error {
				began := time.Now()
				err := sys.Sequence(ctx, s.Sizes.Steps)
				took = append(took, time.Since(began))
				return err
			})
			if err == nil {
				s.figure("p50", quantile(took, 0.5))
				s.figure("p99", quantile(took, 0.99))
			}
			return err
		})
	}},
}
