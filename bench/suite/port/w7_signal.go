package port

import (
	"context"
	"fmt"
	"time"
)

var signals = Workload{
	Name:  "W7",
	Title: "from a signal to the workflow's result",
	About: `A workflow waits for one signal, and ends when it has it. 50 ms after it has begun to wait, a caller in the same
process sends the signal and awaits the workflow's result. The clock runs from the call that sends it until the result
is there. 30 workflows, one at a time, each with a signal of its own. "At once" are 30 more, whose signal is sent when
they have begun to wait, so that processor and disk do not go to rest. The bare limit commits one row.`,
	Figures: []Figure{{Name: "p50", Unit: "ms"}, {Name: "max", Unit: "ms"}, {Name: "at once, p50", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{"run": func(ctx context.Context, s *session) error {
		return s.with(ctx, func(sys System) error {
			took, err := s.signals(ctx, sys, "rested", s.Sizes.Settle)
			if err != nil {
				return err
			}
			s.figure("p50", quantile(took, 0.5))
			s.figure("max", quantile(took, 1))
			if took, err = s.signals(ctx, sys, "at-once", 0); err == nil {
				s.figure("at once, p50", quantile(took, 0.5))
			}
			return err
		})
	}},
}

// signals sends one to each of many workflows, after a rest.
func (s *session) signals(ctx context.Context, sys System, name string, rest time.Duration) (took []time.Duration, err error) {
	_, err = s.again(s.Sizes.Signals, func(i int) error {
		one, err := s.signal(ctx, sys, fmt.Sprint(name, "-", i), rest)
		took = append(took, one)
		return err
	})
	return took, err
}

func (s *session) signal(ctx context.Context, sys System, id string, rest time.Duration) (time.Duration, error) {
	err := sys.Await(ctx, id, 0)
	if err == nil {
		err = s.work.awaitReached(ctx)
	}
	if err == nil {
		err = settle(ctx, rest)
	}
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := sys.Signal(ctx, id); err != nil {
		return 0, err
	}
	err = sys.Result(ctx, id)
	return time.Since(began), err
}
