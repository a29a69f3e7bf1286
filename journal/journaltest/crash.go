package journaltest

import (
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// crash has a process claim the run and die; it returns the next claim's view
// of the run, by the surviving first handle, which gives it back.
func (t *tester) crash(key int64) journal.Run {
	t.Helper()
	b := t.open()
	t.same("claimed", t.claimed(b, key), []int64{key})
	t.kill(b)
	t.must(!t.run(t.store, key).Live, "the owner was killed, and counts as alive")
	t.same("claimed", t.claimed(t.store, key), []int64{key})
	r := t.run(t.store, key)
	t.commit(t.store, &journal.Release{Runs: []int64{key}})
	return r
}

var crashCases = []testCase{
	{
		name: "crash/taken over",
		why:  "the run of a process that was killed can be claimed at once; its death is recorded, and what it committed is there",
		need: killing,
		test: func(t *tester) {
			b := t.open()
			st := t.begin(b, activity(1, "a"))
			st.turn(completed(1, "a", `1`), activity(2, "b"))
			t.kill(b)
			r := t.run(t.store, st.key)
			t.must(!r.Live && !r.Self && r.Crashes == 0, "before the claim the row is %s", show(r))
			t.same("claimed", t.claimed(t.store, st.key), []int64{st.key})
			r = t.run(t.store, st.key)
			t.must(r.Fence == 2 && r.Crashes == 1 && r.Streak == 1, "the row is %s", show(r))
			d := t.details(t.store, st.key)
			t.must(len(d.Crashes) == 1, "the crashes are %s", show(d.Crashes))
			c := d.Crashes[0]
			t.must(c.Seq == 2 && c.Phase == journal.Running && c.Back.Equal(dawn.Add(time.Hour)), "the crash is %s", show(c))
			t.same("the history", t.history(t.store, st.key), st.history)
			st.store, st.fence = t.store, 2
			st.turn(completed(2, "b", `1`), complete(`1`))
		},
	},
	{
		name: "crash/streak",
		why:  "crashes are counted in all, and in a row since the last event; a run that only waited is not counted in a row",
		need: killing,
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			counts := func(crashes, streak int) {
				t.Helper()
				r := t.run(t.store, st.key)
				t.must(r.Crashes == crashes && r.Streak == streak, "crashes %d, streak %d, not %d and %d", r.Crashes, r.Streak, crashes, streak)
			}
			t.crash(st.key)
			t.crash(st.key)
			counts(2, 2)
			t.claimed(t.store, st.key)
			st.fence = t.run(t.store, st.key).Fence
			st.turn(attemptFailed(1, "a", 1, dawn.Add(time.Hour)))
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			counts(2, 0)
			t.crash(st.key)
			counts(3, 1)
			t.claimed(t.store, st.key)
			st.fence = t.run(t.store, st.key).Fence
			st.turn(completed(1, "a", `1`))
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			t.crash(st.key)
			counts(4, 0)
			d := t.details(t.store, st.key)
			t.must(len(d.Crashes) == 4 && d.Crashes[3].Phase == journal.Waiting && d.Crashes[0].Seq == 1, "the crashes are %s", show(d.Crashes))
		},
	},
	{
		name: "crash/progress",
		why:  "a crash after which new progress was recorded counts a quarter",
		need: killing,
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			beat := func(data string) {
				t.Helper()
				t.claimed(t.store, st.key)
				p := &journal.Progress{Run: st.key, Fence: t.run(t.store, st.key).Fence, Op: 1, Data: json.RawMessage(data), At: dawn}
				t.commit(t.store, p)
				t.must(p.Err == nil, "the heartbeat is refused: %v", p.Err)
				t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			}
			streak := func(want int) {
				t.Helper()
				r := t.run(t.store, st.key)
				t.must(r.Streak == want, "the streak is %d, not %d", r.Streak, want)
			}
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			for range 3 {
				t.crash(st.key)
			}
			streak(3)
			beat("1")
			streak(0)
			t.crash(st.key)
			beat("1") // nothing new
			streak(1)
			beat("2")
			streak(1) // four eased ones
			t.crash(st.key)
			streak(2)
			t.commit(t.store, &journal.Resume{Run: st.key})
			streak(0)
		},
	},
	{
		name: "crash/queued",
		why:  "a process can die over a run before its first event",
		need: killing,
		test: func(t *tester) {
			key := t.queue(t.store, "w")
			r := t.crash(key)
			t.must(r.Crashes == 1 && r.Streak == 1 && r.Phase == journal.Queued && r.LastSeq == 0, "the row is %s", show(r))
			d := t.details(t.store, key)
			t.must(len(d.Crashes) == 1 && d.Crashes[0].Seq == 0 && d.Crashes[0].Phase == journal.Queued, "the crashes are %s", show(d.Crashes))
		},
	},
	{
		name: "crash/beside",
		why:  "what a process had under way beside a run when it died is known also when others have taken it over",
		need: killing,
		test: func(t *tester) {
			inquest, ok := t.store.(journal.Inquest)
			if !ok {
				return
			}
			beside := func(key int64, want bool) {
				t.Helper()
				got, err := inquest.Beside(bg, key)
				t.must(err == nil && got == want, "something ran beside run %d: %v, %v", key, got, err)
			}
			b := t.open()
			one, two := t.begin(b, activity(1, "a")), t.begin(b, activity(1, "a"))
			t.kill(b)
			beside(one.key, true)
			t.same("claimed", t.claimed(t.store, two.key), []int64{two.key})
			beside(one.key, true)
			c := t.open()
			t.same("claimed", t.claimed(c, one.key), []int64{one.key})
			t.begin(c, timer(1, dawn.Add(24*time.Hour)))
			t.kill(c)
			beside(one.key, false)
		},
	},
	{
		name: "crash/resume",
		why:  "resume clears the streak, and not the number of crashes in all; an open run keeps its owner and its fence",
		need: killing,
		test: func(t *tester) {
			key := t.queue(t.store, "w")
			t.crash(key)
			t.claimed(t.store, key)
			before := t.run(t.store, key)
			t.commit(t.store, &journal.Resume{Run: key})
			before.Streak = 0
			t.same("the row", t.run(t.store, key), before)
			t.commit(t.store, &journal.Release{Runs: []int64{key}})
			t.same("the streak", t.crash(key).Streak, 1)
			t.same("the crashes", len(t.details(t.store, key).Crashes), 2)
		},
	},
	{
		name: "crash/fence",
		why:  "the dead stay dead: a handle that opens later is another process, and the dead one's runs are not its own",
		need: killing,
		test: func(t *tester) {
			b := t.open()
			st := t.begin(b)
			t.kill(b)
			c := t.open()
			r := t.run(c, st.key)
			t.must(!r.Live && !r.Self, "the row is %s", show(r))
			st.store = c
			t.refused(c, journal.ErrFenced, st.next(journal.Event{Kind: journal.CancelRequested}))
		},
	},
}
