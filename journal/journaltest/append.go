package journaltest

import (
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

var appendCases = []testCase{
	{
		name: "append/round trip",
		why:  "an event comes back as it was given, to the nanosecond and the byte; nothing is not the same as something empty",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"), timer(2, dawn.Add(time.Hour)))
			zone := time.FixedZone("east", 3600)
			st.turn(journal.Event{
				Kind: journal.ActivityCompleted, Op: 1, Name: "a", At: dawn.Add(1234567891).In(zone),
				Data: []byte(`"ünïcode \u0000 <&> ` + strings.Repeat("x", 100_000) + `"`),
				Note: journal.Note{Attempt: 1, Began: dawn}.Encode(),
			}, activity(3, "b"))
			got := t.history(t.store, st.key)
			for i := range st.history {
				st.history[i].At = st.history[i].At.UTC()
			}
			t.same("the history", got, st.history)
			t.must(got[0].Note == nil && got[0].Op == 0 && got[0].Name == "", "the first event is %s", show(got[0]))
			r := t.run(t.store, st.key)
			t.must(r.LastSeq == 2 && r.LastSum == got[1].Sum && r.LastAt.Equal(dawn.Add(1234567891)), "the row is %s", show(r))
		},
	},
	{
		name: "append/fence",
		why:  "only the owner appends, with the fence it has, and only the next event",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			for _, off := range []int64{-1, 1} {
				a := st.next(completed(1, "a", `1`))
				a.Fence += off
				t.refused(t.store, journal.ErrFenced, a)
				b := st.next(completed(1, "a", `1`))
				b.Event.Seq += off
				t.refused(t.store, journal.ErrFenced, b)
			}
			t.commit(t.store, &journal.Release{Runs: []int64{st.key}})
			t.refused(t.store, journal.ErrFenced, st.next(completed(1, "a", `1`)))
		},
	},
	{
		name: "append/another's run",
		why:  "a process cannot append to a run of another one, whatever fence it gives",
		need: twoHandles,
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			b := t.open()
			t.refused(b, journal.ErrFenced, st.next(completed(1, "a", `1`)))
			st.turn(completed(1, "a", `1`))
		},
	},
	{
		name: "append/order of refusals",
		why:  "of several reasons the first is given: no run, closed, stuck, fenced, unread",
		test: func(t *tester) {
			st := t.begin(t.store)
			wrong := st.next(journal.Event{Kind: journal.CancelRequested}, complete(`1`))
			wrong.Fence, wrong.Event.Seq = 77, 77
			t.commit(t.store, signal(st.key, "s", ""))
			t.refused(t.store, journal.ErrFenced, wrong)
			t.commit(t.store, &journal.Stick{Run: st.key, Fence: 1})
			t.refused(t.store, journal.ErrStuck, wrong)
			t.commit(t.store, &journal.Terminate{Run: st.key, At: dawn.Add(time.Hour)})
			t.refused(t.store, journal.ErrClosed, wrong)
			wrong.Run = 1 << 40
			t.refused(t.store, journal.ErrNoRun, wrong)
		},
	},
	{
		name: "append/unread",
		why:  "a run does not end while messages wait, but for the one that its last event delivers, and signals behind that: they stay, unread",
		test: func(t *tester) {
			st := t.begin(t.store)
			first, second := signal(st.key, "s", ""), signal(st.key, "s", "")
			t.commit(t.store, first, second)
			in := t.inbox(t.store, st.key)
			t.refused(t.store, journal.ErrUnread, st.next(journal.Event{Kind: journal.CancelRequested}, complete(`1`)))
			t.refused(t.store, journal.ErrUnread, st.next(received(in[1]), complete(`1`)))
			st.turn(received(in[0]), complete(`1`))
			t.same("the status", t.run(t.store, st.key).Status, journal.StatusCompleted)
			t.same("what is unread", t.inbox(t.store, st.key), in[1:])
		},
	},
	{
		name: "append/cutoff",
		why:  "a run ends although messages wait that came after what ends it: the signals of these stay, unread, and the others are removed",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			cancel := &journal.Post{Run: st.key, Message: journal.Message{Kind: journal.CancelMessage, At: dawn}}
			t.commit(t.store, signal(st.key, "s", ""), signal(st.key, "u", ""), cancel, signal(st.key, "s", ""))
			in := t.inbox(t.store, st.key)
			end := func() *journal.Append {
				a := st.next(completed(1, "a", `1`), complete(`1`))
				a.Cutoff = in[0].ID
				return a
			}
			t.refused(t.store, journal.ErrUnread, end())
			st.turn(received(in[0]))
			st.carry(end())
			t.same("the status", t.run(t.store, st.key).Status, journal.StatusCompleted)
			t.same("what is unread", t.inbox(t.store, st.key), []journal.Message{in[1], in[3]})
		},
	},
	{
		name: "append/straight",
		why:  "a message that was in no inbox is taken only if none waits there that came before",
		test: func(t *tester) {
			st := t.begin(t.store)
			straight := func(commands ...journal.Command) *journal.Append {
				a := st.next(received(journal.Message{Name: "s", By: "ada", At: dawn}), commands...)
				a.Straight = true
				return a
			}
			t.commit(t.store, signal(st.key, "s", ""), signal(st.key, "s", ""))
			in := t.inbox(t.store, st.key)
			t.refused(t.store, journal.ErrUnread, straight())
			st.turn(received(in[0]))
			before := straight()
			before.Cutoff = in[0].ID
			st.carry(before)
			st.turn(received(in[1]))
			st.carry(straight())
			st.carry(straight(complete(`1`)))
			t.same("the status", t.run(t.store, st.key).Status, journal.StatusCompleted)
			t.same("the events", int64(len(st.history)), t.run(t.store, st.key).LastSeq)
		},
	},
	{
		name: "append/delivered",
		why:  "a message leaves the inbox with the event that delivers it, once, and only from its own run's inbox",
		test: func(t *tester) {
			st, other := t.begin(t.store), t.begin(t.store)
			t.commit(t.store, signal(st.key, "s", ""), signal(other.key, "s", ""), signal(st.key, "u", ""))
			in, theirs := t.inbox(t.store, st.key), t.inbox(t.store, other.key)
			t.refused(t.store, journal.ErrFenced, st.next(received(theirs[0])))
			st.turn(received(in[0]))
			t.same("the inbox", t.inbox(t.store, st.key), in[1:])
			a := st.next(received(in[1]))
			a.Delivered = in[0].ID
			t.refused(t.store, journal.ErrFenced, a)
			t.same("the other inbox", t.inbox(t.store, other.key), theirs)
		},
	},
	{
		name: "append/timers",
		why:  "deadlines are pending from the event that sets them to the one that unsets them; unsetting what is not set is no error",
		test: func(t *tester) {
			due := dawn.Add(time.Hour)
			st := t.begin(t.store, activity(1, "a"), timer(2, due), timer(3, due), timer(4, due.Add(-1)))
			st.turn(attemptFailed(1, "a", 1, due))
			t.same("the timers", t.details(t.store, st.key).Timers, []journal.Timer{
				{Op: 4, Due: due.Add(-1)}, {Op: 1, Attempt: 2, Due: due}, {Op: 2, Due: due}, {Op: 3, Due: due},
			})
			a := st.next(attemptFailed(1, "a", 2, due.Add(1)))
			a.Unset = append(a.Unset, journal.Timer{Op: 9, Due: due})
			st.carry(a)
			st.turn(journal.Event{Kind: journal.CancelRequested}, giveUp(2), giveUp(4))
			t.same("the timers", t.details(t.store, st.key).Timers, []journal.Timer{
				{Op: 3, Due: due}, {Op: 1, Attempt: 3, Due: due.Add(1)},
			})
			t.same("the phase", t.run(t.store, st.key).Phase, journal.Retrying)
			st.turn(fired(3, due))
			t.same("the timers", t.details(t.store, st.key).Timers, []journal.Timer{{Op: 1, Attempt: 3, Due: due.Add(1)}})
		},
	},
	{
		name: "append/phase",
		why:  "an append that names no phase leaves it as it is",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"))
			a := st.next(journal.Event{Kind: journal.CancelRequested})
			a.Phase = ""
			st.carry(a)
			t.same("the phase", t.run(t.store, st.key).Phase, journal.Running)
			st.turn(completed(1, "a", `1`))
			t.same("the phase", t.run(t.store, st.key).Phase, journal.Waiting)
		},
	},
	{
		name: "append/progress",
		why:  "a heartbeat is kept until its operation is cleared; the latest one counts; it is fenced",
		test: func(t *tester) {
			st := t.begin(t.store, activity(1, "a"), activity(2, "b"))
			beat := func(op int64, data string) *journal.Progress {
				return &journal.Progress{Run: st.key, Fence: 1, Op: op, Data: []byte(data), At: dawn}
			}
			t.commit(t.store, beat(1, `1`), beat(2, `{"n":1}`), beat(1, `2`))
			p := t.details(t.store, st.key).Progress
			t.must(len(p) == 2 && string(p[1]) == `2` && string(p[2]) == `{"n":1}`, "the progress is %s", show(p))
			st.turn(completed(1, "a", `1`))
			p = t.details(t.store, st.key).Progress
			t.must(len(p) == 1 && string(p[2]) == `{"n":1}`, "the progress is %s", show(p))
			late := beat(2, `3`)
			late.Fence = 2
			t.refused(t.store, journal.ErrFenced, late)
		},
	},
	{
		name: "append/end",
		why:  "a closed run has a status, the time of its last event, and neither owner, phase, timers nor heartbeats",
		test: func(t *tester) {
			for _, end := range []struct {
				command journal.CommandKind
				status  journal.Status
			}{
				{journal.Complete, journal.StatusCompleted}, {journal.Fail, journal.StatusFailed}, {journal.Cancel, journal.StatusCanceled},
			} {
				st := t.begin(t.store, activity(1, "a"), timer(2, dawn.Add(time.Hour)))
				t.commit(t.store, &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`1`), At: dawn})
				a := st.next(journal.Event{Kind: journal.CancelRequested}, journal.Command{Kind: end.command, Data: failure("x")})
				a.Unset, a.Clear, a.Phase = nil, nil, journal.Waiting
				st.carry(a)
				r := t.run(t.store, st.key)
				t.must(r.Status == end.status && r.Ended.Equal(a.Event.At) && r.Phase == "" && r.Owner == 0 && !r.Live && !r.Self,
					"the row is %s", show(r))
				d := t.details(t.store, st.key)
				t.must(len(d.Timers) == 0 && len(d.Progress) == 0, "the details are %s", show(d))
				a.Event.Seq++
				t.refused(t.store, journal.ErrClosed, a)
			}
		},
	},
}
