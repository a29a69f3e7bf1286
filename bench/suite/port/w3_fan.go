package port

import (
	"context"
	"time"
)

var fan = Workload{
	Name:  "W3",
	Title: "one workflow, 1,000 activities at once",
	About: `One workflow begins 1,000 activities before it awaits the first result, then awaits all of them and returns. The
clock runs from the call that starts it until its result is there. A system whose activities are tasks of a server or
of a table begins them all in one decision; DBOS begins each step in a goroutine of its own. Limits on how many
activities a worker runs at once stay as they are shipped. The bare limit writes one row, then 1,000 in one
transaction.`,
	Figures: []Figure{{Name: "p50", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{"run": func(ctx context.Context, s *session) error {
		return s.with(ctx, func(sys System) error {
			var took []time.Duration
			_, err := s.again(s.Sizes.Fans, func(int) error {
				began := time.Now()
				err := sys.Fan(ctx, s.Sizes.Fan)
				took = append(took, time.Since(began))
				return err
			})
			if err == nil {
				s.figure("p50", quantile(took, 0.5))
			}
			return err
		})
	}},
}
