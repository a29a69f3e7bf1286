package chaos

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed139febb4/durable/journal"
)

// A script is what people do with one run; every command is repeated until its
// process lives to its end.
type script struct {
	name string
	play func(t *trial, o Orders) string // returns the run's result
}

// A shot is one kill of a process that plays a script.
type shot struct {
	script
	want string // the result without it
	at   journal.Moment
	nth  int // visit
}

// fire plays the script with the kill in it, in a Lab of its own.
func (t *trial) fire(s shot) *trial {
	where := fmt.Sprintf("%s-%s", s.name, s.at.Point)
	if s.at.Seq != 0 {
		where = fmt.Sprintf("%s-%d", where, s.at.Seq)
	}
	u := t.in(fmt.Sprintf("%s-%d", where, s.nth))
	got := s.play(u, Orders{Kills: []Kill{{Token: "it", At: s.at, Visit: s.nth}}})
	u.equal("the result of "+where, s.want, result(got))
	u.judge()
	return u
}

// mustFire is fire for a moment that always comes.
func (t *trial) mustFire(s shot) *trial {
	u := t.fire(s)
	if !slices.ContainsFunc(u.entries(), func(e Entry) bool { return e.What == Killed }) {
		u.problem("script %s did not come to visit %d of %s", s.name, s.nth, s.at.Point)
	}
	return u
}

// sample picks as many as the options say, each as often as any other.
func sample[T any](t *trial, all []T) (picked []T) {
	n := t.often(len(all))
	for len(picked) < n && len(all) > 0 {
		for _, i := range t.rng.Perm(len(all))[:min(n-len(picked), len(all))] {
			picked = append(picked, all[i])
		}
	}
	return picked
}

// killAtCommits kills two examples before and after each of their commits.
func killAtCommits(t *trial) {
	var all []shot
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
		u := t.in(s.name)
		want := result(s.play(u, Orders{}))
		for seq := int64(1); seq <= u.events("it"); seq++ {
			for _, point := range []journal.Point{journal.TurnBefore, journal.TurnAfter} {
				all = append(all, shot{s, want, journal.Moment{Point: point, Seq: seq}, 1})
			}
		}
	}
	for _, s := range sample(t, all) {
		t.mustFire(s)
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
	s := script{"mixed", playMixed}
	want := result(s.play(t.in("undisturbed"), Orders{}))
	var all []shot
	for _, point := range []journal.Point{journal.StepBefore, journal.StepAfter, journal.WrittenTransact} {
		all = append(all, shot{s, want, journal.Moment{Point: point}, 1})
	}
	for _, point := range []journal.Point{journal.CommitBefore, journal.CommitAfter, journal.MarkAfter} {
		for n := range 8 {
			all = append(all, shot{s, want, journal.Moment{Point: point}, n + 1})
		}
	}
	for _, s := range sample(t, all) {
		u := t.mustFire(s)
		if n := u.rows()["it"]; n != 1 {
			u.problem("the step left %d rows after a kill at visit %d of %s", n, s.nth, s.at.Point)
		}
	}
}
