package port

import (
	"context"
	"time"
)

var first = Workload{
	Name:  "W5",
	Title: "from exec to the first finished workflow",
	About: `A process is started in an empty folder: it opens the system, which creates its files there, and runs one workflow
of one activity. The clock runs from just before exec until the process has said that the result is there. Then it
closes the system and ends, and the same is done again with the files that exist now, 5 times: the median. A server
(Temporal) is started by the same process, as it would be on a machine where there is none.`,
	Figures: []Figure{{Name: "no file yet", Unit: "ms"}, {Name: "existing file", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{"run": func(ctx context.Context, s *session) error {
		sys, err := s.open(ctx)
		if err == nil {
			err = sys.Sequence(ctx, 1)
		}
		if err != nil {
			return err
		}
		s.event("done")
		return sys.Close()
	}},
	drive: func(ctx context.Context, st *Stage) error {
		start := func() (took time.Duration, err error) {
			p, err := st.Start(ctx, "run")
			if err == nil {
				took, err = p.Heard(ctx, "done")
			}
			if err == nil {
				err = p.Ended(ctx)
			}
			return took, err
		}
		fresh, err := start()
		if err != nil {
			return err
		}
		st.Figures["no file yet"] = milliseconds(fresh)
		var took []time.Duration
		for range st.Sizes.Starts {
			again, err := start()
			if err != nil {
				return err
			}
			took = append(took, again)
		}
		st.Figures["existing file"] = quantile(took, 0.5)
		return nil
	},
}
