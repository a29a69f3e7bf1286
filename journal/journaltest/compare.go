package journaltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// Compare carries out the same random operations, that many steps, on two empty
// journals and fails at the first difference between their answers, or between
// what they hold. It is the same for the same seed, which a failure names. In the
// end each kind of operation must have succeeded at least once, so that silence
// is not taken for agreement: give it a thousand steps or more.
func Compare(t *testing.T, seed uint64, steps int, a, b Harness) {
	d := &duel{T: t, seed: seed, steps: steps, r: rand.New(rand.NewPCG(seed, 0)), done: map[string]int{}}
	d.sides = [2]*side{{harness: a}, {harness: b}}
	d.handles = 3
	if a.Alone || b.Alone {
		d.handles = 1
	}
	for i := range d.handles {
		d.reopen(i)
	}
	for d.step = range steps {
		d.now = dawn.Add(time.Duration(d.step) * time.Second)
		k := d.draw()
		d.name = k.name
		k.do(d)
		if d.step%20 == 0 {
			d.compareAll()
		}
	}
	d.compareAll()
	for _, k := range kinds {
		if d.done[k.name] == 0 && !(k.kills && !d.killable()) {
			d.fail("%q never succeeded in %d steps", k.name, steps)
		}
	}
	for _, s := range d.sides {
		Verify(t, s.stores[0])
	}
}

// A duel is two journals that are to behave the same.
type duel struct {
	*testing.T
	seed    uint64
	r       *rand.Rand
	sides   [2]*side
	handles int // on each side
	step    int
	steps   int    // there will be
	name    string // of the operation under way
	now     time.Time
	ulids   int
	newest  int64          // the highest key handed out so far
	done    map[string]int // how often each kind of operation has succeeded
}

// A side is one of the two journals. Handle i on the one side does what handle i
// does on the other.
type side struct {
	harness Harness
	stores  []journal.Store
}

func (d *duel) fail(format string, args ...any) {
	d.Helper()
	d.Fatalf("seed %d, step %d, %s: %s", d.seed, d.step, d.name, fmt.Sprintf(format, args...))
}

func (d *duel) killable() bool {
	return d.sides[0].harness.Kill != nil && d.sides[1].harness.Kill != nil && d.handles > 1
}

// reopen opens handle i on both sides and lets it join.
func (d *duel) reopen(i int) {
	for _, s := range d.sides {
		store := s.harness.Open(d.T)
		if i == len(s.stores) {
			s.stores = append(s.stores, nil)
			d.Cleanup(func() { _ = s.stores[i].Close() })
		}
		s.stores[i] = store
		if shared, ok := store.(journal.Shared); ok {
			if err := shared.Join(bg, silent{}); err != nil {
				d.fail("joining: %v", err)
			}
		}
	}
}

// both carries out f on handle i of both sides and demands the same answer.
func both[A any](d *duel, i int, f func(journal.Store) (A, error)) (A, bool) {
	d.Helper()
	var answers [2]A
	var errs [2]error
	for n, s := range d.sides {
		answers[n], errs[n] = f(s.stores[i])
	}
	if class(errs[0]) != class(errs[1]) {
		d.fail("handle %d: one says %v, the other %v", i, errs[0], errs[1])
	}
	if !reflect.DeepEqual(answers[0], answers[1]) {
		d.fail("handle %d: %s", i, difference(answers[0], answers[1]))
	}
	return answers[0], errs[0] == nil
}

// commit makes the same writes for both sides, commits them, and demands the
// same outcomes. It reports whether all of them were carried out.
func (d *duel) commit(i int, writes func() []journal.Write) bool {
	d.Helper()
	made, ok := both(d, i, func(s journal.Store) ([]outcome, error) {
		ws := writes()
		if err := s.Commit(ws...); err != nil {
			return nil, err
		}
		return outcomes(ws), nil
	})
	for _, o := range made {
		ok = ok && o.Err == ""
		d.newest = max(d.newest, o.Key)
	}
	return ok
}

// compareAll demands that every handle shows the same journal on both sides.
func (d *duel) compareAll() {
	d.Helper()
	for i := range d.handles {
		both(d, i, snapshots)
	}
}

// difference shows where two answers begin and cease to differ.
func difference(a, b any) string {
	var lines [2][]string
	for i, v := range [2]any{a, b} {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			return fmt.Sprintf("\n one says %+v\nthe other %+v", a, b)
		}
		lines[i] = strings.Split(string(text), "\n")
	}
	from := 0
	for from < min(len(lines[0]), len(lines[1])) && lines[0][from] == lines[1][from] {
		from++
	}
	for i := range lines { // a few lines before, for orientation
		lines[i] = lines[i][max(0, from-12):min(len(lines[i]), from+12)]
	}
	return fmt.Sprintf("\n one says\n%s\nthe other\n%s", strings.Join(lines[0], "\n"), strings.Join(lines[1], "\n"))
}

// An outcome is what Commit said about one write.
type outcome struct {
	Kind      string
	Err       string
	Key       int64
	Existing  journal.Run
	Message   int64
	Sum       uint32
	Duplicate bool
	Claimed   []journal.Run
	Then      []outcome
}

func outcomes(ws []journal.Write) []outcome {
	var all []outcome
	for _, w := range ws {
		o := outcome{Kind: fmt.Sprintf("%T", w), Err: class(w.Refused())}
		switch w := w.(type) {
		case *journal.Create:
			o.Key, o.Existing = w.Key, comparable(w.Existing)
		case *journal.Post:
			o.Message, o.Sum, o.Duplicate = w.Message.ID, w.Message.Sum, w.Duplicate
		case *journal.Claim:
			for _, r := range w.Claimed {
				o.Claimed = append(o.Claimed, comparable(r))
			}
		case *journal.Append:
			o.Then = outcomes(w.Then)
		}
		if o.Err != "" { // the rest is not said then
			o = outcome{Kind: o.Kind, Err: o.Err, Existing: o.Existing}
		}
		all = append(all, o)
	}
	return all
}

// class is what errors have in common that mean the same.
func class(err error) string {
	if err == nil {
		return ""
	}
	for _, e := range []error{
		journal.ErrNoRun, journal.ErrExists, journal.ErrClosed, journal.ErrStuck, journal.ErrFenced,
		journal.ErrUnread, journal.ErrNoTx, journal.ErrTooLarge, journal.ErrFull, journal.ErrBroken,
	} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return "another error"
}
