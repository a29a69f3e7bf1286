package journaltest

import (
	"github.com/seed139febb4/durable/journal"
)

var createCases = []testCase{
	{
		name: "create/row",
		why:  "a new run is open and queued, belongs to nobody, and its input waits in its inbox",
		test: func(t *tester) {
			c := &journal.Create{ULID: t.ulid(), ID: "order/1", Workflow: "w", Origin: journal.ByCommand, At: dawn, Input: []byte(`{"a":[1]}`)}
			t.commit(t.store, c)
			t.same("the row", t.run(t.store, c.Key), journal.Run{
				Key: c.Key, ULID: c.ULID, ID: "order/1", Workflow: "w", Origin: journal.ByCommand,
				Status: journal.StatusOpen, Phase: journal.Queued, Created: dawn, LastAt: dawn, LastSum: journal.Root(c.ULID), Inbox: 1,
			})
			want := journal.Message{Kind: journal.StartMessage, Data: []byte(`{"a":[1]}`), At: dawn}
			want.Sum = want.Checksum(c.Key)
			in := t.inbox(t.store, c.Key)
			t.must(len(in) == 1 && in[0].ID > 0, "the inbox holds %s", show(in))
			want.ID = in[0].ID
			t.same("the start message", in[0], want)
			t.must(len(t.history(t.store, c.Key)) == 0, "there should be no events")
		},
	},
	{
		name: "create/id",
		why:  "a run that was given no id is called by its ULID; keys rise",
		test: func(t *tester) {
			a := &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Input: []byte(`1`)}
			b := &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Input: []byte(`1`)}
			t.commit(t.store, a, b)
			t.same("the id", t.run(t.store, a.Key).ID, a.ULID)
			t.must(a.Key > 0 && b.Key > a.Key, "keys are %d and %d", a.Key, b.Key)
		},
	},
	{
		name: "create/taken",
		why:  "an id is taken while a run of that id is open or stuck, and free once it is closed",
		test: func(t *tester) {
			first := t.beginAs(t.store, &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn})
			again := &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "other", At: dawn, Input: []byte(`1`)}
			t.refused(t.store, journal.ErrExists, again)
			t.same("the run in the way", again.Existing, t.run(t.store, first.key))
			t.must(again.Key == 0, "the key of a refused run is %d", again.Key)
			t.commit(t.store, &journal.Stick{Run: first.key, Fence: 1, Problem: journal.Problem{Kind: "panic"}})
			t.refused(t.store, journal.ErrExists, again)
			t.same("the run in the way", again.Existing.Status, journal.StatusStuck)
			t.commit(t.store, &journal.Terminate{Run: first.key, At: dawn.Add(1)})
			t.commit(t.store, again)
			t.must(again.Key > first.key && again.Existing.Key == 0, "key %d, in the way %d", again.Key, again.Existing.Key)
		},
	},
	{
		name: "create/ulid",
		why:  "a ULID names one run for good, also when that is closed",
		test: func(t *tester) {
			st := t.begin(t.store)
			st.turn(journal.Event{Kind: journal.CancelRequested}, complete(`1`))
			again := &journal.Create{ULID: t.run(t.store, st.key).ULID, ID: "another", Workflow: "w", At: dawn, Input: []byte(`1`)}
			t.refused(t.store, journal.ErrExists, again)
			t.same("the run in the way", again.Existing.Key, st.key)
		},
	},
	{
		name: "create/tell parent",
		why:  "if the id is taken and a message for the parent is given, that is put into its inbox instead of a refusal",
		test: func(t *tester) {
			parent := t.begin(t.store, child(1, "x"))
			other := t.beginAs(t.store, &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn})
			told := journal.Message{Kind: journal.ResultMessage, Event: journal.ChildFailed, Op: 1, Name: "w", Data: failure("taken"), At: dawn}
			c := &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", Parent: parent.key, ParentOp: 1, At: dawn, Input: []byte(`1`), TellParent: &told}
			t.commit(t.store, c)
			t.must(c.Key == 0 && c.Existing.Key == other.key, "key %d, in the way %d", c.Key, c.Existing.Key)
			in := t.inbox(t.store, parent.key)
			t.must(len(in) == 1, "the parent's inbox holds %s", show(in))
			told.ID, told.Sum = in[0].ID, told.Checksum(parent.key)
			t.same("the message", in[0], told)

			t.commit(t.store, &journal.Terminate{Run: parent.key, At: dawn.Add(1)})
			t.commit(t.store, c)
			t.must(c.Key == 0 && len(t.inbox(t.store, parent.key)) == 0, "a closed parent was told")
		},
	},
	{
		name: "create/own",
		why:  "a run created with Own belongs to this process from its first moment, with fence 1, and can be appended to in the same commit",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			r := t.run(t.store, st.key)
			t.must(r.Live && r.Self && r.Owner != 0 && r.Fence == 1, "the row is %s", show(r))
			t.must(r.LastSeq == 1 && r.Phase == journal.Running && r.LastAt.Equal(dawn.Add(1e9)), "the row is %s", show(r))
		},
	},
	{
		name: "create/refused with its append",
		why:  "an append to a run that was refused is refused for the same reason, and so is what was to follow it",
		test: func(t *tester) {
			t.beginAs(t.store, &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn})
			c := &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn, Own: true}
			st := &story{t: t, store: t.store, fence: 1, root: journal.Root(c.ULID)}
			a := st.next(journal.Event{Kind: journal.Started})
			post := signal(1, "s", "")
			a.New, a.Then = c, []journal.Write{post}
			before := t.snapshot(t.store)
			t.noError(t.store.Commit(c, a))
			t.isRefused(c, journal.ErrExists)
			t.isRefused(a, journal.ErrExists)
			t.isRefused(post, journal.ErrExists)
			t.same("the journal", t.snapshot(t.store), before)
		},
	},
	{
		name: "create/not joined",
		why:  "only a process that has joined can own a run",
		need: sharing,
		test: func(t *tester) {
			t.noError(t.store.(journal.Shared).Leave())
			t.refused(t.store, journal.ErrFenced, &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Own: true})
			t.commit(t.store, &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Input: []byte(`1`)})
		},
	},
}
