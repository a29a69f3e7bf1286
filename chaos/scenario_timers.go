package chaos

import (
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
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
	inputs, ids := map[string]any{}, []string{}
	for i := range runs {
		id := fmt.Sprintf("dozer%d", i)
		inputs[id], ids = Doze{Count: each, Over: runner.Duration(over)}, append(ids, id)
	}
	t.submit(string(doze), inputs)
	p := t.start(Orders{}, "worker")
	t.eventually("the timers are set", func() bool { return t.allEvents() >= runs })
	for range kills {
		t.sleep(time.Now(), t.between(100*time.Millisecond, 500*time.Millisecond))
		t.kill(p)
		p = t.start(Orders{}, "worker")
	}
	results := t.results(ids)
	for _, id := range ids {
		t.equal("the result of "+id, text(each), results[id])
	}
	t.onTime(runs * each)
	t.judge()
}

// onTime compares when timers fired with when they were due.
func (t *trial) onTime(want int) {
	fired, latest := 0, time.Duration(0)
	t.must(t.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(t.ctx, journal.Filter{Workflow: string(doze)})
		for i := 0; err == nil && i < len(runs); i++ {
			var history []journal.Event
			history, err = db.History(t.ctx, runs[i].Key, 0, 0)
			for j := range history {
				e := &history[j]
				if e.Kind != journal.TimerFired {
					continue
				}
				fired++
				late := e.At.Sub(e.Facts().Due)
				if late < 0 {
					t.problem("P4: timer %d of %s fired %v early", e.Op, runs[i].ID, -late)
				}
				latest = max(latest, late)
			}
		}
		return err
	}))
	if fired != want {
		t.problem("P4: %d timers fired, of %d", fired, want)
	}
	t.mark("timers", nil, fmt.Sprintf("%d fired, the latest %v late", fired, latest.Round(time.Millisecond)))
}
