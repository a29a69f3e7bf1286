package journaltest

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

var terminateCases = []testCase{
	{
		name: "terminate",
		why:  "a terminated run ends with an event that says by whom and why, a higher fence, and nothing left to wait for; a signal it had not seen stays unread",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"), timer(2, dawn.Add(time.Hour)))
			t.commit(t.store, signal(st.key, "s", ""), &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
			before := t.run(t.store, st.key)
			w := &journal.Terminate{Run: st.key, By: "ada", Reason: `no "more"`, At: dawn.Add(time.Minute)}
			t.commit(t.store, w)
			es := t.history(t.store, st.key)
			t.must(len(es) == 2, "the history is %s", show(es))
			t.same("the last event", es[1], w.Event(&before))
			t.must(string(es[1].Data) == `"no \"more\""` && es[1].Facts().By == "ada" && journal.Verify(es[0].Sum, &es[1]), "the last event is %s", show(es[1]))
			r := t.run(t.store, st.key)
			t.must(r.Status == journal.StatusTerminated && r.Phase == "" && r.Fence == 2 && r.Owner == 0 && r.Inbox == 1 &&
				r.Ended.Equal(es[1].At) && r.LastSeq == 2 && r.LastSum == es[1].Sum, "the row is %s", show(r))
			d := t.details(t.store, st.key)
			t.must(len(d.Timers) == 0 && len(d.Progress) == 0, "the details are %s", show(d))
			t.refused(t.store, journal.ErrClosed, st.next(completed(1, "a", `1`)))
			t.refused(t.store, journal.ErrClosed, &journal.Terminate{Run: st.key, At: dawn})
		},
	},
	{
		name: "terminate/any run",
		why:  "a run can be terminated before its first event, when it is stuck, and when the clock has gone back",
		test: func(t *tester) {
			queued, stuck := t.queue(t.store, "w"), t.begin(t.store)
			t.commit(t.store, &journal.Stick{Run: stuck.key, Fence: 1, Problem: journal.Problem{Kind: "panic"}})
			t.commit(t.store, &journal.Terminate{Run: queued, At: dawn.Add(-time.Hour)}, &journal.Terminate{Run: stuck.key, At: dawn.Add(-time.Hour)})
			q, s := t.run(t.store, queued), t.run(t.store, stuck.key)
			t.must(q.Status == journal.StatusTerminated && q.LastSeq == 1 && q.Ended.Equal(dawn) && q.Inbox == 0, "the queued one is %s", show(q))
			t.must(s.Status == journal.StatusTerminated && s.Problem == nil && s.Ended.Equal(stuck.history[0].At), "the stuck one is %s", show(s))
			e := t.history(t.store, queued)[0]
			t.must(e.Data == nil && e.Note == nil, "without a reason the event is %s", show(e))
			t.refused(t.store, journal.ErrNoRun, &journal.Terminate{Run: 1 << 40, At: dawn})
		},
	},
	{
		name: "terminate/another's",
		why:  "a run is terminated whoever owns it; the owner finds it closed",
		need: twoHandles,
		test: func(t *tester) {
			st, b := t.begin(t.store, activity(1, "a")), t.open()
			t.commit(b, &journal.Terminate{Run: st.key, At: dawn.Add(time.Minute)})
			t.refused(t.store, journal.ErrClosed, st.next(completed(1, "a", `1`)))
		},
	},
	{
		name: "terminate/child",
		why:  "the parent of a terminated run is told, unless it is closed itself",
		test: func(t *tester) {
			parent := t.begin(t.store)
			a := parent.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"), child(2, "d"))
			c, d := childOf(t, parent, 1, "c"), childOf(t, parent, 2, "d")
			a.Then = []journal.Write{c, d}
			parent.carry(a)
			before := t.run(t.store, c.Key)
			w := &journal.Terminate{Run: c.Key, By: "ada", Reason: "r", At: dawn.Add(time.Minute)}
			t.commit(t.store, w)
			in := t.inbox(t.store, parent.key)
			t.must(len(in) == 1, "the parent's inbox holds %s", show(in))
			want := *w.Told(&before)
			want.ID, want.Sum = in[0].ID, want.Checksum(parent.key)
			t.same("the message", in[0], want)
			t.commit(t.store, &journal.Terminate{Run: parent.key, At: dawn.Add(time.Hour)}, &journal.Terminate{Run: d.Key, At: dawn.Add(time.Hour)})
			t.same("the closed parent's inbox", len(t.inbox(t.store, parent.key)), 0)
		},
	}, {
		name: "terminate/parent",
		why:  "the children of a terminated run that are not closed are asked to end in the same commit, so that no crash comes between",
		test: func(t *tester) {
			parent := t.begin(t.store)
			a := parent.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"), child(2, "d"))
			c, d := childOf(t, parent, 1, "c"), childOf(t, parent, 2, "d")
			a.Then = []journal.Write{c, d}
			parent.carry(a)
			t.commit(t.store, &journal.Terminate{Run: c.Key, At: dawn.Add(time.Minute)})
			w := &journal.Terminate{Run: parent.key, At: dawn.Add(time.Hour)}
			t.commit(t.store, w)
			t.same("the children", w.Children, []int64{d.Key})
			in := t.inbox(t.store, d.Key)
			want := journal.CanceledByParent(w.At)
			got := in[len(in)-1]
			want.ID, want.Sum = got.ID, want.Checksum(d.Key)
			t.same("the message", got, want)
			t.same("the closed child's inbox", len(t.inbox(t.store, c.Key)), 0)
			t.commit(t.store, &journal.Terminate{Run: d.Key, At: dawn.Add(2 * time.Hour)})
		},
	},
}
