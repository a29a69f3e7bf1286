package chaos

import (
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// killInSleep kills a sleep at 3 s of 10; started again it ends when it would
// have ended.
func killInSleep(t *trial) {
	whole, part := t.length(10*time.Second), t.length(3*time.Second)
	undisturbed := t.in("undisturbed").start(Orders{}, "run", "durable", "--sleep", whole.String())
	first := t.start(Orders{}, "run", "durable", "--sleep", whole.String())
	t.await("the sleep", func(e *Entry) bool { return e.What == Recorded && e.Name == "prepare" })
	t.sleep(first.Started, part)
	t.kill(first)
	second := t.start(Orders{}, "run", "durable", "--sleep", whole.String())
	t.equal("the result", t.output(undisturbed, whole), t.output(second, whole))
	woke := t.await("the end of the sleep", func(e *Entry) bool { return e.What == Recorded && e.Name == "record" })
	if slept := woke.At.Sub(first.Started); slept < whole || slept >= whole+max(part, t.opts.Patience/10) {
		t.problem("the sleep of %v ended %v after the start", whole, slept)
	}
	t.judge()
}

// killInActivity kills an activity at 2 s of 8; it is the only thing that runs
// again.
func killInActivity(t *trial) {
	whole := max(t.length(8*time.Second), 2*time.Second)
	in := input(Pause{Time: runner.Duration(whole)})
	undisturbed := t.in("undisturbed").start(Orders{}, "run", "slow", in)
	first := t.start(Orders{}, "run", "slow", in)
	called := t.await("the activity", func(e *Entry) bool { return e.What == Called })
	t.sleep(called.At, whole/4)
	t.kill(first)
	second := t.start(Orders{}, "run", "slow", in)
	t.equal("the result", t.output(undisturbed, whole), t.output(second, whole))
	t.judge()
	if n := t.calls("pause"); n != 2 {
		t.problem("the activity was called %d times, not once by each process", n)
	}
}

func (t *trial) calls(name string) (n int) {
	for _, e := range t.entries() {
		if e.What == Called && e.Name == name {
			n++
		}
	}
	return n
}

// killBetweenHeartbeats kills an activity that reports each unit of its work;
// the next process goes on with the unit after the last report that was recorded.
func killBetweenHeartbeats(t *trial) {
	const total = 40
	work := Units{Units: total, Each: runner.Duration(t.length(100 * time.Millisecond)), Notes: filepath.Join(t.Dir, "units.jsonl")}
	recorded := 0
	for lives := range 3 {
		p := t.start(Orders{}, "run", "steady", input(work))
		if first := t.unit(work.Notes, p); first != recorded+1 {
			t.problem("after %d units that were recorded it went on with number %d", recorded, first)
		}
		t.eventually("a unit that is recorded", func() bool { return t.progress() >= recorded+total/4 || !p.lives() })
		if lives == 2 || !p.lives() {
			t.equal("the result", strconv.Itoa(total), t.output(p, t.length(4*time.Second)))
			break
		}
		t.kill(p)
		recorded = t.progress()
	}
	t.judge()
}

// unit waits for the first unit of work that a process has done.
func (t *trial) unit(notes string, p *Process) (number int) {
	t.eventually("a unit of work", func() bool {
		all, err := ReadLedger(notes)
		t.must(err)
		for _, e := range all {
			if e.Process == p.Number && number == 0 {
				number, err = strconv.Atoi(e.Text)
				t.must(err)
			}
		}
		return number != 0
	})
	return number
}

// progress is the last recorded heartbeat of the only run.
func (t *trial) progress() (units int) {
	t.must(t.Look(func(db *sqlite.DB) error {
		d, err := db.Details(t.ctx, 1)
		if beat := d.Progress[1]; err == nil && beat != nil {
			units, err = strconv.Atoi(string(beat))
		}
		return err
	}))
	return units
}

// killWhileWaiting kills a run that waits for letters, before and after it got
// one.
func killWhileWaiting(t *trial) {
	for n, text := range []string{"first", "second"} {
		p := t.start(Orders{}, "run", "letters", "--id", "box")
		t.eventually("the run", func() bool { return t.events("box") > int64(n) })
		t.sleep(time.Now(), t.length(time.Second))
		t.kill(p)
		p = t.start(Orders{}, "run", "letters", "--id", "box")
		t.await("a process that waits", func(e *Entry) bool { return e.What == Resumed && e.Process == p.Number })
		t.do(Orders{}, "signal", "box", "letter", strconv.Quote(text))
		t.eventually("the delivery", func() bool { return t.events("box") > int64(n)+1 })
		t.kill(p)
	}
	t.do(Orders{}, "signal", "box", "enough")
	t.equal("what it got", `["first","second"]`, t.do(Orders{}, "run", "letters", "--id", "box"))
	t.judge()
}

// signalTheDead sends letters to a run whose process was killed; the next one
// gets them, in order.
func signalTheDead(t *trial) {
	p := t.start(Orders{}, "run", "letters", "--id", "box")
	t.eventually("the run", func() bool { return t.events("box") > 0 })
	t.kill(p)
	for _, text := range []string{"first", "second", "third"} {
		t.do(Orders{}, "signal", "box", "letter", strconv.Quote(text))
	}
	t.do(Orders{}, "signal", "box", "enough")
	t.equal("what it got", `["first","second","third"]`, t.do(Orders{}, "run", "letters", "--id", "box"))
	t.judge()
}

// events is how long the history of a run is; 0 if there is no such run yet.
func (t *trial) events(id string) (n int64) {
	t.must(t.Look(func(db *sqlite.DB) error {
		run, err := db.Run(t.ctx, journal.Ref{ID: id})
		if errors.Is(err, journal.ErrNoRun) {
			return nil
		}
		n = run.LastSeq
		return err
	}))
	return n
}
