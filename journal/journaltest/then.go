package journaltest

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

// childOf is the write that creates the child an operation asked for.
func childOf(t *tester, parent *story, op int64, id string) *journal.Create {
	return &journal.Create{
		ULID: t.ulid(), ID: id, Workflow: "w", Origin: journal.ByParent,
		Parent: parent.key, ParentOp: op, At: dawn, Input: []byte(`null`),
	}
}

var thenCases = []testCase{
	{
		name: "then/with the append",
		why:  "what follows an append is on disk together with it, in the order given",
		test: func(t *tester) {
			other, st := t.begin(t.store), t.begin(t.store)
			a := st.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"))
			c, own := childOf(t, st, 1, "c"), &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Own: true, Input: []byte(`2`)}
			post := signal(other.key, "s", "")
			toChild := signal(0, "for the child", "")
			toChild.Parent, toChild.ParentOp = st.key, 1
			a.Then = []journal.Write{c, post, own, toChild}
			st.carry(a)
			for i, w := range a.Then {
				t.must(w.Refused() == nil, "write %d was refused: %v", i, w.Refused())
			}
			r := t.run(t.store, c.Key)
			t.must(r.Parent == st.key && r.ParentOp == 1 && r.Origin == journal.ByParent && r.ID == "c" && r.Inbox == 2, "the child is %s", show(r))
			t.must(t.run(t.store, own.Key).Self, "a run created with Own should belong to this process")
			in := t.inbox(t.store, other.key)
			t.must(len(in) == 1 && in[0].ID == post.Message.ID, "the other inbox holds %s", show(in))
			t.must(toChild.Message.ID > post.Message.ID, "messages %d and %d are out of order", post.Message.ID, toChild.Message.ID)
		},
	},
	{
		name: "then/of a new run",
		why:  "what follows the first turn of a new run can name that run, whose key nobody knows yet, by a parent of 0",
		test: func(t *tester) {
			c := &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Own: true}
			st := &story{t: t, store: t.store, fence: 1, root: journal.Root(c.ULID)}
			a := st.next(journal.Event{Kind: journal.Started}, child(1, "c"))
			kid, toChild := childOf(t, st, 1, "c"), signal(0, "s", "")
			toChild.ParentOp = 1
			a.New, a.Then = c, []journal.Write{kid, toChild}
			t.commit(t.store, c, a)
			t.must(kid.Err == nil && toChild.Err == nil, "%v, %v", kid.Err, toChild.Err)
			t.same("the child's parent", t.run(t.store, kid.Key).Parent, c.Key)
			t.must(toChild.Run == kid.Key, "the message went to run %d, not %d", toChild.Run, kid.Key)
			t.same("the child's inbox", t.run(t.store, kid.Key).Inbox, 2)
		},
	},
	{
		name: "then/refused with the append",
		why:  "what follows an append is not carried out if the append is refused, and says so",
		test: func(t *tester) {
			st := t.begin(t.store)
			a := st.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"))
			c, post := childOf(t, st, 1, "c"), signal(st.key, "s", "key")
			a.Then = []journal.Write{c, post}
			a.Fence = 9
			t.refused(t.store, journal.ErrFenced, a)
			t.isRefused(c, journal.ErrFenced)
			t.isRefused(post, journal.ErrFenced)
			a.Fence = 1
			st.carry(a)
			t.must(c.Err == nil && post.Err == nil && !post.Duplicate, "the second try: %v, %v, duplicate %v", c.Err, post.Err, post.Duplicate)
		},
	},
	{
		name: "then/refused alone",
		why:  "what follows an append can be refused by itself; the append stands",
		test: func(t *tester) {
			closed := t.begin(t.store)
			closed.turn(journal.Event{Kind: journal.CancelRequested}, complete(`1`))
			st := t.begin(t.store)
			a := st.next(journal.Event{Kind: journal.CancelRequested})
			late, fine := signal(closed.key, "s", ""), signal(st.key, "s", "")
			a.Then = []journal.Write{late, fine}
			st.carry(a)
			t.isRefused(late, journal.ErrClosed)
			t.must(fine.Err == nil && t.run(t.store, st.key).Inbox == 1, "the other write: %v", fine.Err)
		},
	},
	{
		name: "then/child ends",
		why:  "the end of a child reaches its parent's inbox in the commit that ends it",
		test: func(t *tester) {
			parent := t.begin(t.store)
			a := parent.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"))
			c := childOf(t, parent, 1, "c")
			c.Own = true
			a.Then = []journal.Write{c}
			parent.carry(a)
			kid := &story{t: t, store: t.store, key: c.Key, fence: 1, root: journal.Root(c.ULID)}
			end := kid.next(started(t.inbox(t.store, c.Key)[0]), complete(`7`))
			end.Then = []journal.Write{&journal.Post{Run: parent.key, Message: journal.Message{
				Kind: journal.ResultMessage, Event: journal.ChildCompleted, Op: 1, Name: "w", Data: []byte(`7`), At: end.Event.At,
			}}}
			kid.carry(end)
			in := t.inbox(t.store, parent.key)
			t.must(len(in) == 1 && in[0].Event == journal.ChildCompleted && in[0].Op == 1, "the parent's inbox holds %s", show(in))
			parent.turn(journal.Event{
				Kind: journal.ChildCompleted, Op: 1, Name: "w", Data: in[0].Data, At: dawn.Add(time.Hour),
				Note: journal.Note{Message: in[0].ID}.Encode(),
			}, complete(`8`))
		},
	},
}
