package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// timersPerKill is how many timers are due between two kills, on average.
const timersPerKill = 100

// killAmongTimers has some runs sleep many times at once, and kills the worker again
// and again while the timers are due, one after the other: each must fire once, and
// none early.
func killAmongTimers(t *trial) {
	const runs = 5
	kills := t.often(10)
	each := max(1, kills*timersPerKill/runs)
	over := time.Duration(kills) * 300 * time.Millisecond
	inputs := map[string]any{}
	for i := range runs {
		inputs[fmt.Sprintf("dozer%d", i)] = Doze{Count: each, Over: runner.Duration(over)}
	}
	t.submit(string(doze), inputs)
	p := t.start(Orders{}, "worker")
	t.eventually("the timers are set", func() bool { return t.allEvents() >= runs })
	for range kills {
		t.sleep(time.Now(), t.between(100*time.Millisecond, 500*time.Millisecond))
		t.kill(p)
		p = t.start(Orders{}, "worker")
	}
	for id, result := range t.results(slices.Sorted(maps.Keys(inputs))) {
		t.equal("the result of "+id, text(each), result)
	}
	t.onTime(runs * each)
	t.judge()
}

// onTime compares when timers fired with when they were due.
func (t *trial) onTime(want int) {
	all, err := t.chronicles(t.ctx)
	t.must(err)
	fired, latest := 0, time.Duration(0)
	for _, c := range all {
		for i := range c.events {
			e := &c.events[i]
			if e.Kind != journal.TimerFired {
				continue
			}
			fired++
			late := e.At.Sub(e.Facts().Due)
			if late < 0 {
				t.problem("P4: timer %d of %s fired %v early", e.Op, c.ID, -late)
			}
			latest = max(latest, late)
		}
	}
	if fired != want {
		t.problem("P4: %d timers fired, of %d", fired, want)
	}
	t.mark("timers", nil, fmt.Sprintf("%d fired, the latest %v late", fired, latest.Round(time.Millisecond)))
}
