package chaos

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed139febb4/durable/examples"
	"github.com/seed139febb4/durable/journal"
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
		if e.Process == standby.Number {
			t.problem("the other worker took over (%s) from one that lives", e.What)
		}
	}
	t.goOn(owner)
	t.equal("the result", strconv.Quote("took "+runner.Duration(span).String()), t.results([]string{"job"})["job"])
	t.judge()
	if n := t.calls("pause"); n != 1 {
		t.problem("the activity was called %d times", n)
	}
}

// zombieOwner removes the lock file of a worker that stands still in an activity,
// so that another takes it for dead, and then lets it go on: what it has to say
// must not reach the journal, and it must end.
func zombieOwner(t *trial) {
	stop := func(who string) Orders {
		return Orders{Trace: true, Kills: []Kill{{Token: who, At: journal.Moment{Point: journal.ActivityCalled}, Stop: true}}}
	}
	job := Pause{Time: runner.Duration(t.length(2 * time.Second))}
	t.submit(string(slow), map[string]any{"job": job})
	zombie := t.start(stop("zombie"), "worker")
	t.await("the activity", func(e *Entry) bool { return e.What == Killed })
	locks, err := filepath.Glob(t.Journal() + "-peers/*.lock")
	t.must(err)
	for _, lock := range locks {
		t.must(os.Remove(lock))
	}
	t.died("lock removed", zombie)
	heir := t.start(stop("heir"), "worker")
	t.await("the take-over", func(e *Entry) bool { return e.What == Killed && e.Process == heir.Number })
	t.release(zombie)
	wrote := func(e Entry) bool { return e.What == Recorded && e.Process == zombie.Number }
	t.eventually("the end of the zombie, which finds its lock gone when its result is refused", func() bool {
		return !zombie.lives() || slices.ContainsFunc(t.entries(), wrote)
	})
	if slices.ContainsFunc(t.entries(), wrote) {
		t.problem("a process wrote to a run that it had lost")
		t.must(zombie.Kill())
	} else if code := t.wait(zombie, 0); code != fileTrouble || !strings.Contains(zombie.Stderr(), "lock file") {
		t.problem("a process that had lost its lock ended with %d, not %d and the reason: %s", code, fileTrouble, zombie.Stderr())
	}
	t.release(heir)
	t.equal("the result", strconv.Quote("took "+job.Time.String()), t.results([]string{"job"})["job"])
	t.judge()
}

// fileTrouble is the exit code of a process that can write no more.
const fileTrouble = 8

// release lets a process go on that stops by its orders. It may not have come to
// that yet when the ledger says that it is about to, so it is told until it goes on.
func (t *trial) release(p *Process) {
	t.goOn(p)
	t.eventually("a process that goes on", func() bool {
		t.must(p.Continue())
		return slices.ContainsFunc(t.entries(), func(e Entry) bool { return e.What == WentOn && e.Process == p.Number })
	})
}

// goOn lets a process go on that was stopped.
func (t *trial) goOn(p *Process) {
	err := p.Continue()
	if errors.Is(err, errors.ErrUnsupported) {
		t.skip("a process cannot be stopped on this system")
	}
	t.must(err)
	t.mark("continue", p, "")
}

// clockJumps kills two sleeps and starts them again an hour later, and an hour
// earlier, by the clock: overdue means at once, and early means never.
func clockJumps(t *trial) {
	t.later()
	t.in("earlier").earlier()
}

// asleep starts a sleep and kills its process as soon as the deadline is on disk.
func (t *trial) asleep(d time.Duration) {
	t.submit(string(examples.Durable), map[string]any{"nap": examples.Nap{Sleep: runner.Duration(d)}})
	t.killed(t.start(Orders{Kills: []Kill{{Token: "asleep", At: journal.Moment{Point: journal.TurnAfter, Seq: 2}}}}, "worker"))
}

func (t *trial) later() {
	t.asleep(30 * time.Minute)
	t.start(Orders{Clock: time.Hour}, "worker")
	t.results([]string{"nap"})
	t.judge()
}

func (t *trial) earlier() {
	t.asleep(t.length(2 * time.Second))
	p := t.start(Orders{Clock: -time.Hour}, "worker")
	t.sleep(time.Now(), t.length(4*time.Second))
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
	back := Kill{Token: "back", At: journal.Moment{Point: journal.ActivityBack}, Stop: true}
	p := t.start(Orders{Full: full, Kills: []Kill{back}}, "worker", "--log-level=error")
	t.await("a result", func(e *Entry) bool { return e.What == Killed })
	t.must(os.WriteFile(full, nil, 0o600))
	t.died("full", p)
	t.release(p)
	t.eventually("a full disk", func() bool { return strings.Contains(p.Stderr(), "work pauses") })
	before := t.recorded()
	t.sleep(time.Now(), t.length(3*time.Second))
	if n := t.recorded(); n != before {
		t.problem("%d results were recorded while the disk was full", n-before)
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
