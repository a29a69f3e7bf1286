package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// timersPerKill is how many timers are due between two kills, on average; of those
// of one run there are no more than timersPerRun, which a replay has to read.
const timersPerKill, timersPerRun = 100, 200

// killAmongTimers has some runs sleep many times at once, and kills the worker again
// and again while the timers are due, one after the other: each must fire once, and
// none early.
func killAmongTimers(t *trial) {
	kills := t.often(10)
	runs := max(1, kills*timersPerKill/timersPerRun)
	each := kills * timersPerKill / runs
	over := time.Duration(kills) * 300 * time.Millisecond
	inputs := map[string]any{}
	for i := range runs {
		inputs[fmt.Sprintf("dozer%d", i)] = Doze{Count: each, Over: runner.Duration(over)}
	}
	t.submit(string(doze), inputs)
	p := t.start(Orders{}, "worker")
	t.eventually("the timers are set", func() bool { return t.allEvents() >= int64(runs) })
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

// onTime compares when timers fired with when they were due, or, of those that were
// due before a process had come back, with its exec: they could not fire sooner.
func (t *trial) onTime(want int) {
	all, err := t.chronicles(t.ctx)
	t.must(err)
	var started, written []time.Time
	for _, p := range t.procs {
		started = append(started, p.Started)
	}
	for _, c := range all {
		for i := range c.events {
			written = append(written, c.events[i].At)
		}
	}
	slices.SortFunc(written, time.Time.Compare)
	var running, restarted []Seconds // how late
	for _, c := range all {
		for i := range c.events {
			e := &c.events[i]
			if e.Kind != journal.TimerFired {
				continue
			}
			due := e.Facts().Due
			if e.At.Before(due) {
				t.problem("P4: timer %d of %s fired %v early", e.Op, c.ID, due.Sub(e.At))
			}
			began := last(started, e.At)
			if back := first(written, began); due.Before(back) {
				restarted = append(restarted, Seconds(e.At.Sub(began)))
			} else {
				running = append(running, Seconds(e.At.Sub(due)))
			}
		}
	}
	if fired := len(running) + len(restarted); fired != want {
		t.problem("P4: %d timers fired, of %d", fired, want)
	}
	for _, late := range running {
		if time.Duration(late) > t.opts.Patience {
			t.problem("a timer fired %s late although its process ran", late)
		}
	}
	t.note("%d timers fired while their process ran, late by %s", len(running), spread(running))
	t.note("%d were due before it had come back, and fired %s after its exec", len(restarted), spread(restarted))
}

// last is the latest of the sorted moments that are not after t; first the earliest
// that is not before it. Zero if there is none.
func last(moments []time.Time, t time.Time) (m time.Time) {
	if i, found := slices.BinarySearchFunc(moments, t, time.Time.Compare); found {
		m = moments[i]
	} else if i > 0 {
		m = moments[i-1]
	}
	return m
}

func first(moments []time.Time, t time.Time) (m time.Time) {
	if i, _ := slices.BinarySearchFunc(moments, t, time.Time.Compare); i < len(moments) {
		m = moments[i]
	}
	return m
}
