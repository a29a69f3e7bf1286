package journaltest

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

// work asks for work at a time.
func (t *tester) work(s journal.Store, now time.Time, workflows ...string) ([]int64, time.Time) {
	t.Helper()
	due, next, err := s.Work(bg, workflows, now, 0)
	t.noError(err)
	return due, next
}

var workCases = []testCase{
	{
		name: "work",
		why:  "there is work in open runs that are queued or running, have messages, or have a timer that is due; oldest first",
		test: func(t *tester) {
			noon := dawn.Add(12 * time.Hour)
			queued := t.queue(t.store, "w")
			running := t.begin(t.store, activity(1, "a"))
			waiting := t.begin(t.store, timer(1, noon), timer(2, noon.Add(time.Hour)))
			retrying := t.begin(t.store, activity(1, "a"))
			retrying.turn(attemptFailed(1, "a", 1, noon.Add(time.Minute)))
			message := t.begin(t.store)
			t.commit(t.store, signal(message.key, "s", ""))
			idle, stuck, closed := t.begin(t.store), t.begin(t.store, activity(1, "a"), timer(2, dawn)), t.begin(t.store, activity(1, "a"))
			t.commit(t.store, signal(stuck.key, "s", ""), &journal.Stick{Run: stuck.key, Fence: 1},
				&journal.Terminate{Run: closed.key, At: dawn.Add(time.Hour)}, &journal.Release{Runs: []int64{queued, running.key, idle.key}})

			for _, c := range []struct {
				name string
				now  time.Time
				due  []int64
				next time.Time
			}{
				{"before the timers", noon.Add(-1), []int64{queued, running.key, message.key}, noon},
				{"at the first timer", noon, []int64{queued, running.key, waiting.key, message.key}, noon.Add(time.Minute)},
				{"at the backoff", noon.Add(time.Minute), []int64{queued, running.key, waiting.key, retrying.key, message.key}, noon.Add(time.Hour)},
				{"after all", noon.Add(2 * time.Hour), []int64{queued, running.key, waiting.key, retrying.key, message.key}, time.Time{}},
			} {
				due, next := t.work(t.store, c.now, "v", "w")
				t.same(c.name, due, c.due)
				t.must(next.Equal(c.next) && next.IsZero() == c.next.IsZero(), "%s: next is %s, not %s", c.name, next, c.next)
			}
			due, next, err := t.store.Work(bg, []string{"w"}, noon, 2)
			t.noError(err)
			t.same("at most two", due, []int64{queued, running.key})
			t.must(next.Equal(noon.Add(time.Minute)), "next is %s", next)
		},
	},
	{
		name: "work/workflows",
		why:  "only runs of the workflows asked for count, also for the next timer",
		test: func(t *tester) {
			noon := dawn.Add(12 * time.Hour)
			v := t.queue(t.store, "v")
			t.queue(t.store, "w")
			t.begin(t.store, timer(1, noon))
			due, next := t.work(t.store, dawn, "v")
			t.same("the work", due, []int64{v})
			t.must(next.IsZero(), "next is %s", next)
			due, next = t.work(t.store, dawn)
			t.must(len(due) == 0 && next.IsZero(), "without workflows: %v, %s", due, next)
		},
	},
	{
		name: "work/owners",
		why:  "runs of another live process are its own affair, with their timers; those of the dead are everybody's",
		need: killing,
		test: func(t *tester) {
			noon := dawn.Add(12 * time.Hour)
			b := t.open()
			running, waiting := t.begin(b, activity(1, "a")), t.begin(b, timer(1, noon))
			mine := t.begin(t.store, activity(1, "a"))
			due, next := t.work(t.store, dawn, "w")
			t.same("the work of one", due, []int64{mine.key})
			t.must(next.IsZero(), "next is %s", next)
			due, next = t.work(b, dawn, "w")
			t.same("the work of the other", due, []int64{running.key})
			t.must(next.Equal(noon), "next is %s", next)
			t.kill(b)
			due, next = t.work(t.store, dawn, "w")
			t.same("the work of the survivor", due, []int64{running.key, mine.key})
			t.must(next.Equal(noon), "next is %s", next)
			due, _ = t.work(t.store, noon, "w")
			t.same("the work at noon", due, []int64{running.key, waiting.key, mine.key})
		},
	},
}
