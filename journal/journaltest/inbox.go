package journaltest

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

var inboxCases = []testCase{
	{
		name: "post/round trip",
		why:  "a message comes back as it was sent, with an id and a checksum",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			sent := []journal.Message{
				{Kind: journal.SignalMessage, Name: "approve", Data: []byte(`{"note":"ok"}`), By: "ada", Key: "k", At: dawn.Add(time.Nanosecond)},
				{Kind: journal.SignalMessage, Name: "approve", By: "ada", Verified: true, At: dawn},
				{Kind: journal.CancelMessage, At: dawn},
				{Kind: journal.ResultMessage, Event: journal.ActivityFailed, Op: 1, Name: "a", Data: failure("x"), At: dawn},
			}
			for i := range sent {
				p := &journal.Post{Run: st.key, Message: sent[i]}
				t.commit(t.store, p)
				sent[i].ID, sent[i].Sum = p.Message.ID, sent[i].Checksum(st.key)
				t.same("the checksum handed out", p.Message.Sum, sent[i].Sum)
			}
			t.same("the inbox", t.inbox(t.store, st.key), sent)
			rest, err := t.store.Inbox(bg, st.key, sent[0].ID)
			t.noError(err)
			t.same("the inbox after the first", rest, sent[1:])
			t.same("the count", t.run(t.store, st.key).Inbox, len(sent))
		},
	},
	{
		name: "post/ids",
		why:  "message ids rise over the whole journal and are never used again, also when all messages are gone",
		test: func(t *tester) {
			st, other := t.begin(t.store), t.begin(t.store)
			var last int64
			rises := func(p *journal.Post) {
				t.commit(t.store, p)
				t.must(p.Message.ID > last, "message %d follows message %d", p.Message.ID, last)
				last = p.Message.ID
			}
			rises(signal(st.key, "s", ""))
			rises(signal(other.key, "s", ""))
			st.turn(received(t.inbox(t.store, st.key)[0]))
			t.commit(t.store, &journal.Terminate{Run: other.key, At: dawn.Add(time.Hour)})
			rises(signal(st.key, "s", ""))
			t.commit(t.store, &journal.Discard{Run: st.key, Fence: 1, Message: last})
			rises(signal(st.key, "s", ""))
		},
	},
	{
		name: "post/keys",
		why:  "a key is remembered by its run for good: the same message sent again is the first one, also once that was delivered or the run is closed",
		test: func(t *tester) {
			st, other := t.begin(t.store), t.begin(t.store)
			first := signal(st.key, "s", "k")
			t.commit(t.store, first)
			again := func() {
				t.Helper()
				p := signal(st.key, "other", "k")
				t.commit(t.store, p)
				t.must(p.Duplicate && p.Message.ID == first.Message.ID, "duplicate %v, id %d", p.Duplicate, p.Message.ID)
			}
			again()
			theirs, none := signal(other.key, "s", "k"), signal(st.key, "s", "")
			t.commit(t.store, theirs, none)
			t.must(!theirs.Duplicate && !none.Duplicate, "another run's key, or none, is taken for a repetition")
			st.turn(received(t.inbox(t.store, st.key)[0]))
			again()
			st.turn(received(t.inbox(t.store, st.key)[0]), complete(`1`))
			again()
			t.same("the inbox", len(t.inbox(t.store, st.key)), 0)
			two, too := signal(other.key, "s", "m"), signal(other.key, "s", "m")
			t.commit(t.store, two, too)
			t.must(!two.Duplicate && too.Duplicate && too.Message.ID == two.Message.ID, "two in one commit: %v, %v", two.Duplicate, too.Duplicate)
		},
	},
	{
		name: "post/refused",
		why:  "nothing is sent to a run that is not there or closed; a stuck one keeps its inbox open",
		test: func(t *tester) {
			t.refused(t.store, journal.ErrNoRun, signal(1<<40, "s", ""))
			st := t.begin(t.store)
			t.commit(t.store, &journal.Stick{Run: st.key, Fence: 1})
			t.commit(t.store, signal(st.key, "s", ""))
			t.commit(t.store, &journal.Terminate{Run: st.key, At: dawn.Add(time.Hour)})
			t.refused(t.store, journal.ErrClosed, signal(st.key, "s", ""))
		},
	},
	{
		name: "post/fence",
		why:  "a message that names a fence is refused once the run has another",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			result := func(fence int64) *journal.Post {
				return &journal.Post{Run: st.key, Fence: fence, Message: journal.Message{
					Kind: journal.ResultMessage, Event: journal.ActivityCompleted, Op: 1, Name: "a", Data: []byte(`1`), At: dawn,
				}}
			}
			t.commit(t.store, &journal.Stick{Run: st.key, Fence: 1}, result(1))
			t.refused(t.store, journal.ErrFenced, result(2))
			t.commit(t.store, &journal.Resume{Run: st.key})
			t.refused(t.store, journal.ErrFenced, result(1))
		},
	},
	{
		name: "post/to a child",
		why:  "a message can name its run as the child that an operation started",
		test: func(t *tester) {
			parent := t.begin(t.store)
			a := parent.next(journal.Event{Kind: journal.CancelRequested}, child(1, "c"))
			c := childOf(t, parent, 1, "c")
			a.Then = []journal.Write{c}
			parent.carry(a)
			p := signal(0, "s", "")
			p.Parent, p.ParentOp = parent.key, 1
			t.commit(t.store, p)
			t.same("the child's inbox", t.run(t.store, c.Key).Inbox, 2)
			t.must(p.Run == c.Key, "the message went to run %d, not %d", p.Run, c.Key)
			none := signal(0, "s", "")
			none.Parent, none.ParentOp = parent.key, 2
			t.refused(t.store, journal.ErrNoRun, none)
		},
	},
	{
		name: "discard",
		why:  "the owner can remove a message without an event; one that is gone already is no error; nobody else can",
		test: func(t *tester) {
			st := t.begin(t.store)
			post := signal(st.key, "s", "k")
			t.commit(t.store, post)
			t.refused(t.store, journal.ErrFenced, &journal.Discard{Run: st.key, Fence: 2, Message: post.Message.ID})
			t.commit(t.store, &journal.Discard{Run: st.key, Fence: 1, Message: post.Message.ID})
			t.commit(t.store, &journal.Discard{Run: st.key, Fence: 1, Message: post.Message.ID})
			t.same("the inbox", len(t.inbox(t.store, st.key)), 0)
			t.same("the history", t.history(t.store, st.key), st.history)
		},
	},
}
