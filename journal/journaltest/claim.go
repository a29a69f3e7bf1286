package journaltest

import (
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// queue creates a run that waits to be started.
func (t *tester) queue(s journal.Store, workflow string) int64 {
	t.Helper()
	c := &journal.Create{ULID: t.ulid(), Workflow: workflow, At: dawn, Input: []byte(`1`)}
	t.commit(s, c)
	return c.Key
}

// claimed claims runs and returns the keys of those that were to be had.
func (t *tester) claimed(s journal.Store, runs ...int64) []int64 {
	t.Helper()
	c := claim(runs...)
	t.commit(s, c)
	keys := []int64{}
	for _, r := range c.Claimed {
		t.must(r.Live && r.Self, "a claimed run is %s", show(r))
		t.same("a claimed run", r, t.run(s, r.Key))
		keys = append(keys, r.Key)
	}
	return keys
}

// robbed is a handle that has lost its lock, and a run of its that the tester's own
// has taken.
func (t *tester) robbed() (journal.Store, *story) {
	t.Helper()
	b := t.open()
	taken := t.begin(b, activity(1, "a"))
	t.harness.Lose(b)
	t.same("claimed", t.claimed(t.store, taken.key), []int64{taken.key})
	return b, taken
}

var claimCases = []testCase{
	{
		name: "claim/unowned",
		why:  "a claim takes runs that nobody owns, raises their fences, and returns them in the order they were named, each once",
		test: func(t *tester) {
			a, b := t.queue(t.store, "w"), t.queue(t.store, "w")
			t.same("claimed", t.claimed(t.store, b, a, b), []int64{b, a})
			t.same("the fence", t.run(t.store, a).Fence, int64(1))
			t.must(t.run(t.store, a).Crashes == 0, "a run that nobody owned has not crashed")
		},
	},
	{
		name: "claim/own",
		why:  "a run that this process owns already is among the claimed, its fence as it was",
		test: func(t *tester) {
			st := t.begin(t.store)
			t.same("claimed", t.claimed(t.store, st.key), []int64{st.key})
			t.same("the fence", t.run(t.store, st.key).Fence, int64(1))
		},
	},
	{
		name: "claim/passed over",
		why:  "a claim passes over runs that are stuck, closed or not there",
		test: func(t *tester) {
			stuck, closed, fine := t.begin(t.store), t.begin(t.store), t.queue(t.store, "w")
			t.commit(t.store, &journal.Stick{Run: stuck.key, Fence: 1}, &journal.Terminate{Run: closed.key, At: dawn.Add(time.Hour)})
			t.same("claimed", t.claimed(t.store, stuck.key, closed.key, 1<<40, fine), []int64{fine})
		},
	},
	{
		name: "claim/another's",
		why:  "a claim passes over runs of another live process",
		need: twoHandles,
		test: func(t *tester) {
			st := t.begin(t.store)
			b := t.open()
			t.same("claimed", t.claimed(b, st.key), []int64{})
			r := t.run(b, st.key)
			t.must(r.Live && !r.Self && r.Fence == 1, "the row is %s", show(r))
		},
	},
	{
		name: "claim/in one commit",
		why:  "what a claim takes can be written to in the same commit",
		test: func(t *tester) {
			st := t.begin(t.store)
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			st.fence = 2
			a := st.next(journal.Event{Kind: journal.CancelRequested})
			t.commit(t.store, claim(st.key), a)
		},
	},
	{
		name: "claim/released",
		why:  "a released run belongs to nobody; its next owner has a higher fence, and its last one can write no more",
		need: twoHandles,
		test: func(t *tester) {
			st, b := t.begin(t.store, activity(1, "a")), t.open()
			t.commit(b, &journal.Release{Runs: []int64{st.key, 1 << 40}})
			t.must(t.run(b, st.key).Live, "a process released the run of another one")
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			r := t.run(t.store, st.key)
			t.must(!r.Live && !r.Self && r.Owner == 0 && r.Fence == 1, "the row is %s", show(r))
			t.same("claimed", t.claimed(b, st.key), []int64{st.key})
			r = t.run(b, st.key)
			t.must(r.Fence == 2 && r.Crashes == 0, "the row is %s", show(r))
			for _, fence := range []int64{1, 2} {
				a := st.next(completed(1, "a", `1`))
				a.Fence = fence
				t.refused(t.store, journal.ErrFenced, a)
				t.refused(t.store, journal.ErrFenced, &journal.Stick{Run: st.key, Fence: fence})
				t.refused(t.store, journal.ErrFenced, &journal.Progress{Run: st.key, Fence: fence, Op: 1, Data: []byte(`1`), At: dawn})
				t.refused(t.store, journal.ErrFenced, &journal.Discard{Run: st.key, Fence: fence, Message: 1})
			}
			st.store, st.fence = b, 2
			st.turn(completed(1, "a", `1`))
		},
	},
	{
		name: "claim/not joined",
		why:  "only a process that has joined can own a run; one that joins again is another process",
		need: sharing,
		test: func(t *tester) {
			key := t.queue(t.store, "w")
			t.noError(t.store.(journal.Shared).Leave())
			t.refused(t.store, journal.ErrFenced, claim(key))
			t.join(t.store)
			t.same("claimed", t.claimed(t.store, key), []int64{key})
		},
	},
	{
		name: "claim/left",
		why:  "a process that leaves, or closes its handle, gives its runs back: nothing crashed",
		need: sharing,
		test: func(t *tester) {
			st, b := t.begin(t.store, activity(1, "a")), t.open()
			t.noError(t.store.(journal.Shared).Leave())
			t.must(!t.run(b, st.key).Live, "the run of a process that left should have no live owner")
			t.refused(t.store, journal.ErrFenced, st.next(completed(1, "a", `1`)))
			t.same("claimed", t.claimed(b, st.key), []int64{st.key})
			t.noError(b.Close())
			c := t.open()
			t.must(!t.run(c, st.key).Live, "the run of a closed handle should have no live owner")
			t.same("claimed", t.claimed(c, st.key), []int64{st.key})
			r := t.run(c, st.key)
			t.must(r.Fence == 3 && r.Crashes == 0 && r.Streak == 0, "the row is %s", show(r))
		},
	},
	{
		name: "claim/lock lost",
		why:  "a process whose lock is lost though it lives is dead to the others: it cannot write to what they took, and writes nothing after that",
		need: losing,
		test: func(t *tester) {
			b, taken := t.robbed()
			left := t.begin(b, activity(1, "a"))
			left.turn(completed(1, "a", `1`), activity(2, "a")) // it does not know yet, and the run is still its own
			late, other := taken.next(completed(1, "a", `1`)), left.next(completed(2, "a", `1`), activity(3, "a"))
			t.noError(b.Commit(late, other))
			t.isRefused(late, journal.ErrFenced)
			t.noError(other.Err)
			err := b.Commit(&journal.Progress{Run: left.key, Fence: 1, Op: 3})
			t.must(errors.Is(err, journal.ErrBroken), "a commit after that gives %v", err)
			t.same("claimed", t.claimed(t.store, left.key), []int64{left.key})
		},
	},
	{
		name: "claim/lock lost, and the run has ended",
		why:  "a process finds its lock lost also if whoever took the run has ended it",
		need: losing,
		test: func(t *tester) {
			b, taken := t.robbed()
			t.commit(t.store, &journal.Terminate{Run: taken.key, At: dawn.Add(time.Hour)})
			err := b.Commit(taken.next(completed(1, "a", `1`)))
			t.must(errors.Is(err, journal.ErrBroken), "the commit gives %v", err)
		},
	},
	{
		name: "claim/lock lost, at once",
		why:  "a process that finds its lock lost fails with the commit that has told it, if nothing else was in it",
		need: losing,
		test: func(t *tester) {
			b, taken := t.robbed()
			err := b.Commit(taken.next(completed(1, "a", `1`)))
			t.must(errors.Is(err, journal.ErrBroken), "the commit gives %v", err)
		},
	},
}
