package journaltest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

var readCases = []testCase{
	{
		name: "run/by name",
		why:  "a run is found by key, ULID or id; an id finds an unfinished run before closed ones, and then the newest",
		test: func(t *tester) {
			var keys []int64
			for range 3 {
				st := t.beginAs(t.store, &journal.Create{ULID: t.ulid(), ID: "x", Workflow: "w", At: dawn})
				keys = append(keys, st.key)
				find := func(ref journal.Ref, want int64) {
					t.Helper()
					r, err := t.store.Run(bg, ref)
					t.noError(err)
					t.same("the run", r, t.run(t.store, want))
				}
				find(journal.Ref{ID: "x"}, st.key)
				st.turn(journal.Event{Kind: journal.CancelRequested}, complete(`1`))
				find(journal.Ref{ID: "x"}, st.key)
				find(journal.Ref{ULID: t.run(t.store, keys[0]).ULID}, keys[0])
				find(journal.Ref{Key: keys[0]}, keys[0])
			}
			key := t.queue(t.store, "w")
			r, err := t.store.Run(bg, journal.Ref{ID: t.run(t.store, key).ULID})
			t.noError(err)
			t.same("a run without an id, by id", r.Key, key)
			for _, ref := range []journal.Ref{{Key: 1 << 40}, {ULID: "nobody"}, {ID: "nobody"}, {ULID: "x"}, {}} {
				_, err := t.store.Run(bg, ref)
				t.must(errors.Is(err, journal.ErrNoRun), "%+v: %v", ref, err)
			}
		},
	},
	{
		name: "history/part",
		why:  "the history can be read from any event on, any number of events at a time; unknown runs have none",
		test: func(t *tester) {
			st := t.begin(t.store)
			for range 4 {
				st.turn(journal.Event{Kind: journal.CancelRequested})
			}
			for _, c := range []struct {
				after int64
				limit int
				want  []journal.Event
			}{
				{0, 0, st.history}, {0, 2, st.history[:2]}, {2, 0, st.history[2:]}, {3, 1, st.history[3:4]}, {3, 9, st.history[3:]}, {5, 0, nil}, {9, 0, nil},
			} {
				es, err := t.store.History(bg, st.key, c.after, c.limit)
				t.noError(err)
				t.must(len(es) == len(c.want), "after %d, limit %d: %d events", c.after, c.limit, len(es))
				t.must(slices.EqualFunc(es, c.want, func(a, b journal.Event) bool { return a.Seq == b.Seq }), "after %d, limit %d: %s", c.after, c.limit, show(es))
			}
			es, err := t.store.History(bg, 1<<40, 0, 0)
			t.must(err == nil && len(es) == 0, "an unknown run: %v, %v", es, err)
			ms, err := t.store.Inbox(bg, 1<<40, 0)
			t.must(err == nil && len(ms) == 0, "an unknown run: %v, %v", ms, err)
			d, err := t.store.Details(bg, 1<<40)
			t.must(err == nil && len(d.Timers)+len(d.Progress)+len(d.Crashes) == 0, "an unknown run: %v, %v", d, err)
		},
	},
	{
		name: "no sharing of memory",
		why:  "what a store was given may be changed afterwards, and what it returns belongs to the caller",
		test: func(t *tester) {
			input := []byte(`"input"`)
			c := &journal.Create{ULID: t.ulid(), Workflow: "w", At: dawn, Input: input}
			st := t.begin(t.store, activity(1, "a"))
			post, beat := signal(st.key, "s", ""), &journal.Progress{Run: st.key, Fence: 1, Op: 1, Data: []byte(`"beat"`), At: dawn}
			next := st.next(attemptFailed(1, "a", 1, dawn.Add(time.Hour)))
			t.commit(t.store, c, post, beat, next)
			st.history = append(st.history, next.Event)
			before := t.snapshot(t.store)
			spoil := func(b []byte) {
				for i := range b {
					b[i] = '#'
				}
			}
			spoil(input)
			spoil(post.Message.Data)
			spoil(beat.Data)
			spoil(next.Event.Data)
			spoil(next.Event.Note)
			next.Set[0].Op = 99
			t.same("the journal", t.snapshot(t.store), before)
			for _, s := range t.snapshot(t.store) {
				for i := range s.History {
					spoil(s.History[i].Data)
					spoil(s.History[i].Note)
					spoil(s.History[i].Commands)
				}
				for i := range s.Inbox {
					spoil(s.Inbox[i].Data)
				}
				for _, data := range s.Details.Progress {
					spoil(data)
				}
				for i := range s.Details.Timers {
					s.Details.Timers[i].Op = 99
				}
			}
			t.same("the journal", t.snapshot(t.store), before)
		},
	},
	{
		name: "read/canceled",
		why:  "a read whose context has ended returns its error",
		test: func(t *tester) {
			st := t.begin(t.store)
			ctx, cancel := context.WithCancel(bg)
			cancel()
			_, one := t.store.Run(ctx, journal.Ref{Key: st.key})
			_, list := t.store.Runs(ctx, journal.Filter{})
			_, history := t.store.History(ctx, st.key, 0, 0)
			_, inbox := t.store.Inbox(ctx, st.key, 0)
			_, details := t.store.Details(ctx, st.key)
			_, _, work := t.store.Work(ctx, []string{"w"}, dawn, 0)
			for i, err := range []error{one, list, history, inbox, details, work} {
				t.must(errors.Is(err, context.Canceled), "read %d: %v", i, err)
			}
		},
	},
	{
		name: "close",
		why:  "closing a handle twice is no error; a closed one does nothing any more; what it committed stays",
		test: func(t *tester) {
			st := t.begin(t.store)
			t.noError(t.store.Close())
			t.noError(t.store.Close())
			t.must(t.store.Commit(signal(st.key, "s", "")) != nil, "a closed handle committed")
			_, err := t.store.Run(bg, journal.Ref{Key: st.key})
			t.must(err != nil, "a closed handle read")
			t.store = t.open()
			t.handles = []journal.Store{t.store}
			t.same("the history", t.history(t.store, st.key), st.history)
		},
	},
}
