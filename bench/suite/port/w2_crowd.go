package port

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

var crowd = Workload{
	Name:  "W2",
	Title: "2,000 workflows of 10 activities, 200 in flight",
	About: `The workflow of W1, 2,000 times: 200 callers start one each, await its result, and start the next. The clock runs
from the first start to the last result; a system for which that is long is measured by what it has done when its time
is over and the workflows under way have ended. No system here limits how many workflows run at once to fewer than 200;
pollers, caches and pools are as it ships them. The bare limit writes the same 11 rows for each workflow, 200 rows in a transaction.`,
	Figures: []Figure{{Name: "steps", Unit: "1/s", More: true}},
	phases: map[string]func(context.Context, *session) error{"run": func(ctx context.Context, s *session) error {
		return s.with(ctx, func(sys System) error {
			began := time.Now()
			runs, err := s.Sizes.Crowd, error(nil)
			if c, ok := sys.(Crowder); ok {
				err = c.Crowd(ctx, runs, s.Sizes.Steps, s.Sizes.InFlight)
			} else {
				runs, err = s.together(runs, func() error { return sys.Sequence(ctx, s.Sizes.Steps) })
			}
			if err == nil {
				s.figure("steps", float64(runs*s.Sizes.Steps)/time.Since(began).Seconds())
			}
			return err
		})
	}},
}

// together calls fn n times, from as many goroutines as are to be in flight,
// until that is enough, and returns how often it did.
func (s *session) together(n int, fn func() error) (int, error) {
	began := time.Now()
	var taken, done atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, s.Sizes.InFlight)
	for i := range errs {
		wg.Go(func() {
			for taken.Add(1) <= int64(n) && time.Since(began) < s.Enough {
				if errs[i] = fn(); errs[i] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return int(done.Load()), errors.Join(errs...)
}
