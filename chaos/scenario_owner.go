package chaos

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed139febb4/durable/examples"
	"github.com/seed139febb4/durable/runner"
)

// stopOwner stops the process that owns a run while another could take it over:
// it must not, for the first one lives, and goes on when it is let.
func stopOwner(t *trial) {
	span := t.length(4 * time.Second)
	t.submit(string(slow), map[string]any{"job": Pause{Time: runner.Duration(span)}})
	owner := t.start(Orders{}, "worker")
	t.await("the activity", func(e *Entry) bool { return e.What == Called })
	standby := t.start(Orders{}, "worker")
	t.sleep(time.Now(), t.length(500*time.Millisecond))
	if errors.Is(owner.Stop(), errors.ErrUnsupported) {
		t.skip("a process cannot be stopped on this system")
	}
	t.died("stop", owner)
	t.sleep(time.Now(), t.length(5*time.Second))
	for _, e := range t.entries() {
		if e.PID == standby.PID {
			t.problem("the other worker took over (%s) from one that lives", e.What)
		}
	}
	t.must(owner.Continue())
	t.mark("continue", owner, "")
	t.equal("the result", strconv.Quote("took "+runner.Duration(span).String()), t.results([]string{"job"})["job"])
	t.judge()
	if n := t.calls("pause"); n != 1 {
		t.problem("the activity was called %d times", n)
	}
}

// zombieOwner removes the lock file of a worker in the middle of an activity, so
// that another takes it for dead. What the first one then has to say must not
// reach the journal.
func zombieOwner(t *trial) {
	span := t.length(4 * time.Second)
	t.submit(string(slow), map[string]any{"job": Pause{Time: runner.Duration(span)}})
	zombie := t.start(Orders{}, "worker")
	t.await("the activity", func(e *Entry) bool { return e.What == Called })
	locks, err := filepath.Glob(t.Journal() + "-peers/*.lock")
	t.must(err)
	for _, lock := range locks {
		t.must(os.Remove(lock))
	}
	t.died("lock removed", zombie)
	heir := t.start(Orders{}, "worker")
	t.await("the take-over", func(e *Entry) bool { return e.What == Called && e.PID == heir.PID })
	t.equal("the result", strconv.Quote("took "+runner.Duration(span).String()), t.results([]string{"job"})["job"])
	t.await("the zombie's result", func(e *Entry) bool { return e.What == Returned && e.PID == zombie.PID })
	for _, e := range t.entries() {
		if e.What == Recorded && e.PID == zombie.PID {
			t.problem("a process wrote event %d to a run that it had lost", e.Seq)
		}
	}
	t.judge()
}

// clockJumps kills two sleeps and starts them again an hour later, and an hour
// earlier, by the clock: overdue means at once, and early means never.
func clockJumps(t *trial) {
	t.later()
	t.in("earlier").earlier()
}

func (t *trial) later() {
	t.submit(string(examples.Durable), map[string]any{"nap": examples.Nap{Sleep: runner.Duration(30 * time.Minute)}})
	p := t.start(Orders{}, "worker")
	t.await("the sleep", func(e *Entry) bool { return e.What == Recorded && e.Name == "prepare" })
	t.kill(p)
	t.start(Orders{Clock: time.Hour}, "worker")
	t.results([]string{"nap"})
	t.judge()
}

func (t *trial) earlier() {
	whole := t.length(2 * time.Second)
	t.submit(string(examples.Durable), map[string]any{"nap": examples.Nap{Sleep: runner.Duration(whole)}})
	p := t.start(Orders{}, "worker")
	asleep := t.await("the sleep", func(e *Entry) bool { return e.What == Recorded && e.Name == "prepare" })
	t.kill(p)
	p = t.start(Orders{Clock: -time.Hour}, "worker")
	t.sleep(asleep.At, whole+t.length(time.Second))
	if t.events("nap") != 2 {
		t.problem("a timer fired an hour early")
	}
	t.kill(p)
	t.start(Orders{}, "worker")
	t.results([]string{"nap"})
	t.judge()
}

// diskFull has SQLite say that the disk is full, for a while: work pauses, no
// workflow fails, and it goes on.
func diskFull(t *trial) {
	full := filepath.Join(t.Dir, "full")
	job := Pause{Time: runner.Duration(t.length(time.Second))}
	inputs := map[string]any{"a": job, "b": job, "c": job}
	t.submit(string(slow), inputs)
	p := t.start(Orders{Full: full}, "worker", "--log-level=error")
	t.await("the activities", func(*Entry) bool { return t.calls("pause") == len(inputs) })
	t.must(os.WriteFile(full, nil, 0o600))
	t.died("full", p)
	t.eventually("a full disk", 0, func() bool { return strings.Contains(p.Stderr(), "full") })
	t.sleep(time.Now(), t.length(3*time.Second))
	if n := t.recorded(); n != 0 {
		t.problem("%d results were recorded while the disk was full", n)
	}
	t.must(os.Remove(full))
	t.mark("room", p, "")
	for id, got := range t.results([]string{"a", "b", "c"}) {
		t.equal("the result of "+id, strconv.Quote("took "+job.Time.String()), got)
	}
	t.must(p.Interrupt())
	t.wait(p, 0)
	t.judge()
	if n := t.calls("pause"); n != len(inputs) {
		t.problem("the activities were called %d times", n)
	}
}

// recorded counts the outcomes that are on disk.
func (t *trial) recorded() (n int) {
	for _, e := range t.entries() {
		if e.What == Recorded {
			n++
		}
	}
	return n
}
