package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// mixtures are n inputs of mixed.
func mixtures(prefix string, n int) map[string]any {
	all := map[string]any{}
	for i := range n {
		id := fmt.Sprintf("%s%04d", prefix, i)
		all[id] = Mix{Key: id, Nap: runner.Duration(nap)}
	}
	return all
}

// whole compares the results of mixtures with those that follow from their
// inputs, and the rows that their steps left with one each.
func (t *trial) whole(inputs map[string]any) {
	results := t.results(slices.Sorted(maps.Keys(inputs)))
	rows := t.rows()
	for _, id := range slices.Sorted(maps.Keys(inputs)) {
		answer := "answer to " + id
		want := Mixture{Texts: []string{answer, answer, "succeeded at last", "last of " + id}, Sum: 30, Rows: 1}
		t.equal("the result of "+id, text(want), results[id])
		if rows[id] != 1 {
			t.problem("the step of %s left %d rows", id, rows[id])
		}
	}
}

// killAtRandom has 1 to 4 workers share the file, and kills one of them at a
// random moment, again and again.
func killAtRandom(t *trial) {
	inputs := map[string]any{}
	var workers []*Process
	for n := range t.often(300) {
		if n%10 == 0 { // more work, for another number of workers
			more := mixtures(fmt.Sprintf("batch%d-", n/10), 20)
			maps.Copy(inputs, more)
			t.submit(string(mixed), more)
			for want := 1 + t.rng.IntN(4); len(workers) < want; {
				workers = append(workers, t.start(Orders{}, "worker"))
			}
		}
		t.sleep(time.Now(), t.between(0, 100*time.Millisecond))
		i := t.rng.IntN(len(workers))
		t.kill(workers[i])
		workers = slices.Delete(workers, i, i+1)
		if len(workers) == 0 || t.rng.IntN(3) > 0 {
			workers = append(workers, t.start(Orders{}, "worker"))
		}
	}
	t.start(Orders{}, "worker")
	t.whole(inputs)
	t.judge()
}

// killInRecovery kills a worker again and again a few milliseconds after its
// start. After such a chain what is recorded is no less than before. Between the
// chains runs end, so that the last one has no more to recover than the tenth.
func killInRecovery(t *trial) {
	inputs := map[string]any{}
	recorded := int64(0)
	for killed := 0; killed < t.often(60); {
		more := mixtures(fmt.Sprintf("chain%d-", killed), 10)
		maps.Copy(inputs, more)
		t.submit(string(mixed), more)
		goal := t.recorded() + 5 // without progress a run would be taken for what kills its process
		p := t.start(Orders{}, "worker")
		t.eventually("progress", func() bool { return t.recorded() >= goal && !t.crowded() })
		t.kill(p)
		for range chain {
			p := t.start(Orders{}, "worker")
			t.sleep(p.Started, t.between(5*time.Millisecond, 50*time.Millisecond))
			t.kill(p)
			killed++
		}
		now := t.allEvents()
		if now < recorded {
			t.problem("%d events were recorded before the process was killed again and again, and %d after", recorded, now)
		}
		recorded = now
	}
	t.start(Orders{}, "worker")
	t.whole(inputs)
	t.judge()
}

// chain is how many kills follow each other at once: one more, with the kill
// before them, and a run might be taken for what kills the process.
const chain = 3

// manyOpen is how many unfinished runs a chain begins with at most: more than a
// process takes up at once.
const manyOpen = 300

// crowded reports whether there are more.
func (t *trial) crowded() (is bool) {
	t.must(t.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(t.ctx, journal.Filter{Status: []journal.Status{journal.StatusOpen}, Limit: manyOpen + 1})
		is = len(runs) > manyOpen
		return err
	}))
	return is
}

// allEvents counts the events of all runs.
func (t *trial) allEvents() (n int64) {
	t.must(t.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(t.ctx, journal.Filter{})
		for _, run := range runs {
			n += run.LastSeq
		}
		return err
	}))
	return n
}

// takeOver kills one of two workers while it is in an activity, and measures how
// long after the kill the other one is. Each job is ended before the next kill: one
// that is there at several is suspected to be the cause, and others wait for its
// trial.
func takeOver(t *trial) {
	t.measured = true
	workers := map[int]*Process{}
	for len(workers) < 2 {
		p := t.start(Orders{}, "worker")
		workers[p.Number] = p
	}
	job := Pause{Time: runner.Duration(time.Minute)} // nobody waits for its end
	known := map[string]bool{}                       // runs
	for n := range t.often(20) {
		id := fmt.Sprintf("job%d", n)
		t.submit(string(slow), map[string]any{id: job})
		called := t.await("the activity", func(e *Entry) bool { return e.What == Called && !known[e.Run] })
		known[called.Run] = true
		at := t.kill(workers[called.Process])
		delete(workers, called.Process)
		other := t.await("the take-over", func(e *Entry) bool { return e.What == Called && e.Run == called.Run && e.Process != called.Process })
		t.mu.Lock()
		t.out.Recovery = append(t.out.Recovery, Seconds(other.At.Sub(at)))
		t.mu.Unlock()
		t.client(func(r *runner.Runner) error { return r.TerminateRun(t.ctx, id, "", "") })
		p := t.start(Orders{}, "worker")
		workers[p.Number] = p
	}
	t.submit(string(slow), map[string]any{"last": Pause{Time: runner.Duration(time.Second)}})
	t.results([]string{"last"})
	t.judge()
}

// killBothWorkers has two workers share the file, and kills both at once.
func killBothWorkers(t *trial) {
	inputs := mixtures("job", 100)
	t.submit(string(mixed), inputs)
	for range max(1, t.often(20)/2) {
		one, two := t.start(Orders{}, "worker"), t.start(Orders{}, "worker")
		t.sleep(one.Started, t.between(20*time.Millisecond, 200*time.Millisecond))
		t.kill(one)
		t.kill(two)
	}
	t.start(Orders{}, "worker")
	t.start(Orders{}, "worker")
	t.whole(inputs)
	t.judge()
}
