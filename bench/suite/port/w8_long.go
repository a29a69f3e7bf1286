package port

import (
	"context"
	"sync"
	"time"
)

var long = Workload{
	Name:  "W8",
	Title: "one workflow of 10,000 activities",
	About: `One workflow runs 10,000 activities one after the other and then awaits a signal. "First" and "last tenth" are the
time that a step took near the beginning and near the end, by the moments at which the activities were called: what
grows with the history shows there. Then the process is killed. "Replay" is from opening the files in a new one, where
the signal is sent at once, until the workflow, rebuilt from what was recorded, has come to the line after its last
activity again. The bare limit commits 10,000 rows, one by one, and reads them back.`,
	Figures: []Figure{{Name: "a step, first tenth", Unit: "µs"}, {Name: "a step, last tenth", Unit: "µs"}, {Name: "replay", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{
		"grow": func(ctx context.Context, s *session) error {
			sys, err := s.open(ctx)
			if err == nil {
				err = sys.Sequence(ctx, 1)
			}
			if err != nil {
				return err
			}
			s.timeSteps()
			if err = sys.Await(ctx, "long", s.Sizes.Long); err == nil {
				err = s.work.awaitReached(ctx)
			}
			if err != nil {
				return err
			}
			return s.stay("grown")
		},
		"replay": func(ctx context.Context, s *session) error {
			began := time.Now()
			sys, err := s.open(ctx)
			if err == nil {
				err = sys.Signal(ctx, "long")
			}
			if err == nil {
				err = s.work.awaitReached(ctx)
			}
			if err != nil {
				return err
			}
			s.figure("replay", milliseconds(time.Since(began)))
			return nil
		},
	},
	drive: func(ctx context.Context, st *Stage) error {
		p, err := st.settled(ctx, "grow", "grown")
		if err != nil {
			return err
		}
		p.Kill()
		p, err = st.Start(ctx, "replay")
		if err != nil {
			return err
		}
		return p.Ended(ctx)
	},
}

// timeSteps has every tenth of the steps timed from now on.
func (s *session) timeSteps() {
	var mu sync.Mutex
	count, tenth, began := 0, s.Sizes.Long/10, time.Time{}
	s.work.stepped = func() {
		mu.Lock()
		defer mu.Unlock()
		name := map[int]string{tenth: "a step, first tenth", 10*tenth - 1: "a step, last tenth"}[count]
		switch count {
		case 0, 9*tenth - 1:
			began = time.Now()
		case tenth, 10*tenth - 1:
			s.figure(name, float64(time.Since(began).Microseconds())/float64(tenth))
		}
		count++
	}
}
