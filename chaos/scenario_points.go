package chaos

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// killAtPoints kills processes at every named point, at up to three of its visits
// each, or as many as the kills allow: the first, and others by chance. Which script
// comes to a point, and how often, a traced run tells.
func killAtPoints(t *trial) {
	reached, visitsEach := map[journal.Point]bool{}, max(3, t.often(0)/len(journal.Points()))
	var all []shot
	for _, s := range scripts() {
		u := t.in(s.name)
		want := result(s.play(u, Orders{Trace: true}))
		u.judge()
		visits := u.visits()
		for _, point := range journal.Points() {
			if visits[point] == 0 || reached[point] {
				continue
			}
			reached[point] = true
			for _, nth := range t.some(visits[point], visitsEach) {
				all = append(all, shot{s, want, journal.Moment{Point: point}, nth})
			}
		}
	}
	for _, point := range journal.Points() {
		if !reached[point] {
			t.problem("no process came to %s", point)
		}
	}
	for _, s := range sample(t, all) {
		t.fire(s)
	}
}

// visits counts how often one process came to each point, at most.
func (t *trial) visits() map[journal.Point]int {
	type place struct {
		point   journal.Point
		process int
	}
	counts, most := map[place]int{}, map[journal.Point]int{}
	for _, e := range t.entries() {
		if e.Point != "" {
			at := place{e.Point, e.Process}
			counts[at]++
			most[e.Point] = max(most[e.Point], counts[at])
		}
	}
	return most
}

// some picks up to n different visits; the first is always among them.
func (t *trial) some(visits, n int) []int {
	picked := []int{1}
	for _, i := range t.rng.Perm(visits - 1)[:min(n, visits)-1] {
		picked = append(picked, i+2)
	}
	return picked
}

// scripts come to every point together. A point is tried in the first that comes
// to it.
func scripts() []script {
	return []script{
		{"create", playCreate},
		{"mixed", playMixed},
		{"letters", playLetters},
		{"worker", playWorker},
		{"heartbeats", func(t *trial, o Orders) string {
			u := Units{Units: 5, Each: runner.Duration(20 * time.Millisecond), Notes: filepath.Join(t.Dir, "units.jsonl")}
			return t.survive(o, "run", "steady", "--id", "it", input(u))
		}},
		{"hasty", func(t *trial, o Orders) string {
			return t.survive(o, "run", "hasty", "--id", "it", input(Pause{Time: runner.Duration(20 * time.Millisecond)}))
		}},
		{"crowd", func(t *trial, o Orders) string {
			return t.survive(o, "run", "crowd", "--id", "it", input(Width{Width: 4, Time: runner.Duration(70 * time.Millisecond)}))
		}},
		{"fickle", playFickle},
		{"unbound", playUnbound},
		{"terminate", playTerminate},
		{"backup", playBackup},
		{"checkpoint", func(t *trial, o Orders) string {
			return t.survive(o, "run", "fan", "--id", "it", input(Width{Width: 100, Bytes: 80_000}))
		}},
	}
}

func playMixed(t *trial, o Orders) string {
	return t.survive(o, "run", "mixed", "--id", "it", input(Mix{Key: "it", Nap: runner.Duration(nap)}))
}

// playCreate has the process make the journal. One that died of it may have left
// a file without a journal in it, which the next one then makes.
func playCreate(t *trial, o Orders) string {
	files, err := filepath.Glob(t.Journal() + "*")
	t.must(err)
	for _, file := range files {
		t.must(os.RemoveAll(file))
	}
	o.Create = true
	p := t.start(o, "run", "mixed", "--id", "it", input(Mix{Key: "it", Nap: runner.Duration(nap)}))
	if t.wait(p, 0) == -1 {
		t.died("kill", p)
		o.Create = false
		return t.survive(o, p.args...)
	}
	return t.output(p, 0)
}

// playLetters has a run be sent something before it is run, and while it is dead.
func playLetters(t *trial, o Orders) string {
	t.survive(o, "run", "letters", "--id", "it", "--detach")
	t.survive(o, "signal", "it", "letter", `"a"`, "--key", "1")
	p := t.start(o, "run", "letters", "--id", "it")
	t.eventually("the first letter", func() bool { return t.events("it") > 1 || !p.lives() })
	t.kill(p)
	t.survive(o, "signal", "it", "letter", `"b"`, "--key", "2")
	t.survive(o, "signal", "it", "enough", "--key", "3")
	return t.survive(o, "run", "letters", "--id", "it")
}

// playWorker has a worker leave in the middle of a run, and another go on.
func playWorker(t *trial, o Orders) string {
	t.survive(o, "run", "slow", "--id", "it", "--detach", input(Pause{Time: runner.Duration(100 * time.Millisecond)}))
	for t.calls("pause") == 0 {
		p := t.start(o, "worker", "--grace", "10ms")
		t.eventually("the activity", func() bool { return t.calls("pause") > 0 || !p.lives() })
		if p.lives() {
			t.must(p.Interrupt())
		}
		t.wait(p, 0)
	}
	return t.survive(o, "run", "slow", "--id", "it")
}

// playFickle has a run ask for something else than before, which makes it stuck,
// and resumes it once that is mended.
func playFickle(t *trial, o Orders) string {
	whim := filepath.Join(t.Dir, "whim")
	args := []string{"run", "fickle", "--id", "it", input(Whim{File: whim})}
	first := o
	first.Kills = append(slices.Clone(o.Kills), Kill{Token: "whim", At: journal.Moment{Point: journal.TimerDue}})
	for { // until it has died where it is to change its mind
		p := t.start(first, args...)
		code := t.wait(p, 0)
		if code != -1 {
			t.fatal("%s was to be killed, and ended with %d: %s", p, code, p.Stderr())
		}
		t.died("kill", p)
		if _, err := os.Stat(filepath.Join(t.tokens(), "whim")); err == nil {
			break
		}
	}
	t.must(os.WriteFile(whim, nil, 0o600))
	for {
		p := t.start(o, "run", "fickle", "--id", "it", input(Whim{File: whim}))
		if code := t.wait(p, 0); code == exitStuck {
			break
		} else if code != -1 {
			t.fatal("%s was to get stuck, and ended with %d: %s", p, code, p.Stderr())
		}
		t.died("kill", p)
	}
	t.must(os.Remove(whim))
	t.survive(o, "resume", "it")
	return t.survive(o, args...)
}

// exitStuck is the exit code of the command line for a stuck run.
const exitStuck = 7

// playUnbound has a program try that does not have the workflow.
func playUnbound(t *trial, o Orders) string {
	t.survive(o, "run", "letters", "--id", "it", "--detach")
	t.survive(o, "signal", "it", "enough", "--key", "1")
	o.unbound = true
	for p := t.start(o, "resume", "it"); t.wait(p, 0) == -1; p = t.start(o, "resume", "it") {
		t.died("kill", p)
	}
	o.unbound = false
	return t.survive(o, "run", "letters", "--id", "it")
}

// playTerminate ends a run that waits.
func playTerminate(t *trial, o Orders) string {
	t.survive(o, "run", "letters", "--id", "it", "--detach")
	for {
		p := t.start(o, "terminate", "it")
		switch code := t.wait(p, 0); code {
		case 0, exitConflict: // the second: it was done before the kill
			return "terminated"
		case -1:
			t.died("kill", p)
		default:
			t.fatal("%s ended with %d: %s", p, code, p.Stderr())
		}
	}
}

// exitConflict is the exit code of the command line for a run that has ended.
const exitConflict = 6

// playBackup copies the journal; the copy of one that was killed counts for
// nothing.
func playBackup(t *trial, o Orders) string {
	playMixed(t, o)
	copied := filepath.Join(t.Dir, "copy.db")
	for {
		if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.fatal("%v", err)
		}
		p := t.start(o, "backup", copied)
		if t.wait(p, 0) != -1 {
			t.output(p, 0)
			break
		}
		t.died("kill", p)
	}
	return t.survive(o, "result", "it", "--db", copied)
}
