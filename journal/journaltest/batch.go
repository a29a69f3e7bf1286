package journaltest

import "github.com/seed139febb4/durable/journal"

var batchCases = []testCase{
	{
		name: "batch/order",
		why:  "the writes of a commit are carried out in order, each seeing those before it",
		test: func(t *tester) {
			c := &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn, Own: true}
			st := &story{t: t, store: t.store, fence: 1, root: journal.Root(c.ULID)}
			a := st.next(journal.Event{Kind: journal.Started}, activity(1, "a"))
			a.New = c
			st.history = []journal.Event{a.Event}
			b := st.next(completed(1, "a", `1`), complete(`2`))
			b.New = c
			again := &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn, Input: []byte(`1`)}
			t.commit(t.store, c, a, b, again)
			t.must(again.Key > c.Key, "keys are %d and %d", c.Key, again.Key)
			t.must(a.Run == c.Key, "the append's run is %d, not %d", a.Run, c.Key)
			t.same("the status", t.run(t.store, c.Key).Status, journal.StatusCompleted)
		},
	},
	{
		name: "batch/refused",
		why:  "a write that is refused changes nothing and does not disturb the others; its refusal is forgotten when it is tried again",
		test: func(t *tester) {
			st, other := t.begin(t.store, activity(1, "a")), t.begin(t.store, activity(1, "a"))
			good, late, twice := other.next(completed(1, "a", `1`)), st.next(completed(1, "a", `1`)), st.next(completed(1, "a", `2`))
			post := signal(st.key, "s", "")
			t.noError(t.store.Commit(signal(1<<40, "s", ""), late, twice, &journal.Resume{Run: 1 << 40}, good, post))
			t.isRefused(twice, journal.ErrFenced)
			t.must(late.Err == nil && good.Err == nil && post.Err == nil, "%v, %v, %v", late.Err, good.Err, post.Err)
			t.same("the history", len(t.history(t.store, st.key)), 2)
			t.same("the other history", len(t.history(t.store, other.key)), 2)
			t.same("the inbox", len(t.inbox(t.store, st.key)), 1)

			st.history = append(st.history, late.Event)
			fresh := st.next(journal.Event{Kind: journal.CancelRequested})
			twice.Event = fresh.Event
			t.commit(t.store, twice)
		},
	},
	{
		name: "batch/size",
		why:  "a commit may hold nothing, and thousands of writes",
		test: func(t *tester) {
			t.commit(t.store)
			st := t.begin(t.store)
			var writes []journal.Write
			for range 2000 {
				writes = append(writes, signal(st.key, "s", ""))
			}
			t.commit(t.store, writes...)
			t.same("the inbox", t.run(t.store, st.key).Inbox, 2000)
		},
	},
	{
		name: "batch/two handles",
		why:  "what one handle has committed the other one sees at once, and builds upon",
		need: twoHandles,
		test: func(t *tester) {
			b := t.open()
			st := t.begin(t.store)
			for i := range 5 {
				p := signal(st.key, "s", "")
				t.commit(b, p)
				in := t.inbox(t.store, st.key)
				t.must(len(in) == 1 && in[0].ID == p.Message.ID, "round %d: the inbox holds %s", i, show(in))
				st.turn(received(in[0]))
				t.same("the history", t.history(b, st.key), st.history)
			}
		},
	},
}
