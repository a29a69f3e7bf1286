package chaos

import (
	"encoding/json"
	"fmt"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// A script is what people do with one run; every command is repeated until its
// process lives to its end.
type script struct {
	name string
	play func(t *trial, o Orders) string // returns the run's result
}

// killAtCommits kills two examples before and after each of their commits.
func killAtCommits(t *trial) {
	for _, s := range []script{
		{"durable", func(t *trial, o Orders) string {
			return t.survive(o, "run", "durable", "--id", "it", "--sleep", "50ms")
		}},
		{"approval", func(t *trial, o Orders) string {
			t.survive(o, "run", "approval", "a desk", "--id", "it", "--detach")
			t.survive(o, "signal", "it", "approve", "good", "--by", "ada", "--key", "1")
			return t.survive(o, "run", "approval", "--id", "it")
		}},
	} {
		undisturbed := t.in(s.name)
		want := result(s.play(undisturbed, Orders{}))
		last := undisturbed.events("it")
		for seq := int64(1); seq <= last; seq++ {
			for _, point := range []journal.Point{journal.TurnBefore, journal.TurnAfter} {
				u := t.in(fmt.Sprintf("%s-%d-%s", s.name, seq, point))
				got := s.play(u, Orders{Kills: []Kill{{Token: "it", At: journal.Moment{Point: point, Seq: seq}}}})
				u.equal(fmt.Sprintf("the result of %s, killed at %s of event %d,", s.name, point, seq), want, result(got))
				u.mustHaveDied(1)
				u.judge()
			}
		}
	}
}

// result is the part of a result that does not depend on the time.
func result(text string) string {
	var all map[string]any
	if json.Unmarshal([]byte(text), &all) != nil {
		return text
	}
	delete(all, "at")
	rest, _ := json.Marshal(all) // it has just been decoded
	return string(rest)
}

// killInStep kills a transactional step on each side of everything it does, and
// around every transaction of its run: there is one row all the same.
func killInStep(t *trial) {
	in := input(Mix{Key: "only", Nap: runner.Duration(nap)})
	want := t.in("undisturbed").do(Orders{}, "run", "mixed", "--id", "it", in)
	for _, at := range []struct {
		point  journal.Point
		visits int
	}{
		{journal.StepBefore, 1}, {journal.StepAfter, 1}, {journal.WrittenTransact, 1},
		{journal.CommitBefore, 8}, {journal.CommitAfter, 8}, {journal.MarkAfter, 8},
	} {
		for visit := range min(at.visits, t.often(at.visits)) {
			u := t.in(fmt.Sprintf("%s-%d", at.point, visit+1))
			o := Orders{Kills: []Kill{{Token: "it", At: journal.Moment{Point: at.point}, Visit: visit + 1}}}
			got := u.survive(o, "run", "mixed", "--id", "it", in)
			u.equal(fmt.Sprintf("the result after a kill at visit %d of %s", visit+1, at.point), want, got)
			if n := u.rows()["only"]; n != 1 {
				u.problem("the step left %d rows after a kill at visit %d of %s", n, visit+1, at.point)
			}
			u.mustHaveDied(1)
			u.judge()
		}
	}
}

// mustHaveDied checks that the orders to die were carried out.
func (t *trial) mustHaveDied(times int) {
	n := 0
	for _, e := range t.entries() {
		if e.What == Killed {
			n++
		}
	}
	if n != times {
		t.problem("in %s %d processes died of their orders, not %d", t.Dir, n, times)
	}
}
