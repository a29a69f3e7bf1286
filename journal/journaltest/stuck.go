package journaltest

import (
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
)

var stuckCases = []testCase{
	{
		name: "stick",
		why:  "a stuck run keeps all it has, says why it is stuck, belongs to nobody and takes no events",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"), timer(2, dawn.Add(time.Hour)))
			t.commit(t.store, signal(st.key, "s", ""), &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
			before, inbox := t.details(t.store, st.key), t.inbox(t.store, st.key)
			t.refused(t.store, journal.ErrFenced, &journal.Stick{Run: st.key, Fence: 2})
			problem := journal.Problem{Kind: "divergence", Message: "<it> differs", Event: 1, Op: 1, Recorded: "activity", Asked: "timer"}
			t.commit(t.store, &journal.Stick{Run: st.key, Fence: 1, Problem: problem})
			r := t.run(t.store, st.key)
			t.must(r.Status == journal.StatusStuck && r.Phase == "" && r.Owner == 0 && !r.Live && !r.Self && r.Ended.IsZero(), "the row is %s", show(r))
			var got journal.Problem
			t.noError(json.Unmarshal(r.Problem, &got))
			t.same("the problem", got, problem)
			t.same("the details", t.details(t.store, st.key), before)
			t.same("the inbox", t.inbox(t.store, st.key), inbox)
			t.refused(t.store, journal.ErrStuck, st.next(completed(1, "a", `1`)))
			t.refused(t.store, journal.ErrStuck, &journal.Stick{Run: st.key, Fence: 1})
			t.refused(t.store, journal.ErrStuck, &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
			t.refused(t.store, journal.ErrStuck, &journal.Discard{Run: st.key, Fence: 1, Message: inbox[0].ID})
		},
	},
	{
		name: "stick/new",
		why:  "a run can be created and be stuck at once; its input waits",
		test: func(t *tester) {
			c := &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Own: true, Input: []byte(`1`)}
			s := &journal.Stick{New: c, Fence: 1, Problem: journal.Problem{Kind: "panic"}}
			t.commit(t.store, c, s)
			t.same("the status", t.run(t.store, c.Key).Status, journal.StatusStuck)
			t.same("the inbox", len(t.inbox(t.store, c.Key)), 1)

			taken := &journal.Create{ULID: c.ULID, Workflow: "w", At: dawn, Own: true}
			s = &journal.Stick{New: taken, Fence: 1}
			t.noError(t.store.Commit(taken, s))
			t.isRefused(s, journal.ErrExists)
		},
	},
	{
		name: "stick/refused",
		why:  "what is not there or closed cannot be stuck",
		test: func(t *tester) {
			st := t.begin(t.store)
			st.turn(journal.Event{Kind: journal.CancelRequested}, complete(`1`))
			t.refused(t.store, journal.ErrClosed, &journal.Stick{Run: st.key, Fence: 1})
			t.refused(t.store, journal.ErrNoRun, &journal.Stick{Run: 1 << 40, Fence: 1})
			t.refused(t.store, journal.ErrClosed, &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
			t.refused(t.store, journal.ErrNoRun, &journal.Progress{Run: 1 << 40, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
		},
	},
	{
		name: "resume",
		why:  "a resumed run is open as it was before, belongs to nobody and has a higher fence",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			t.commit(t.store, &journal.Stick{Run: st.key, Fence: 1, Problem: journal.Problem{Kind: "panic"}})
			t.commit(t.store, &journal.Resume{Run: st.key})
			r := t.run(t.store, st.key)
			t.must(r.Status == journal.StatusOpen && r.Phase == journal.Running && r.Fence == 2 && r.Problem == nil && r.Owner == 0 && !r.Live,
				"the row is %s", show(r))
			t.refused(t.store, journal.ErrFenced, st.next(completed(1, "a", `1`)))
			t.same("claimed", t.claimed(t.store, st.key), []int64{st.key})
			st.fence = 3
			st.turn(completed(1, "a", `1`))
		},
	},
	{
		name: "resume/refused",
		why:  "what is not there or closed cannot be resumed",
		test: func(t *tester) {
			t.refused(t.store, journal.ErrNoRun, &journal.Resume{Run: 1 << 40})
			st := t.begin(t.store)
			t.commit(t.store, &journal.Terminate{Run: st.key, At: dawn.Add(time.Hour)})
			t.refused(t.store, journal.ErrClosed, &journal.Resume{Run: st.key})
		},
	},
}
