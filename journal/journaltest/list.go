package journaltest

import (
	"time"

	"github.com/seed139febb4/durable/journal"
)

var listCases = []testCase{
	{
		name: "runs",
		why:  "a list is newest first, holds what every part of the filter admits, and is no longer than asked for",
		test: func(t *tester) {
			create := func(c journal.Create) int64 {
				c.Own, c.ULID = true, t.ulid()
				return t.beginAs(t.store, &c).key
			}
			k1 := create(journal.Create{ID: "order-alpha", Workflow: "w", At: dawn})
			k2 := create(journal.Create{ID: "order-beta", Workflow: "v", At: dawn.Add(time.Hour), Origin: journal.ByCommand})
			k3 := create(journal.Create{Workflow: "w", At: dawn.Add(2 * time.Hour)})
			t.commit(t.store, &journal.Stick{Run: k1, Fence: 1})
			parent := t.begin(t.store)
			a := parent.next(journal.Event{Kind: journal.CancelRequested}, child(1, "kid%"))
			c := childOf(t, parent, 1, "kid%")
			a.Then = []journal.Write{c}
			parent.carry(a)
			parent.turn(journal.Event{Kind: journal.CancelRequested}, giveUp(1), complete(`1`))
			ulid := t.run(t.store, k3).ULID
			p, k := parent.key, c.Key

			for _, q := range []struct {
				name string
				f    journal.Filter
				want []int64
			}{
				{"everything", journal.Filter{}, []int64{k, p, k3, k2, k1}},
				{"limit", journal.Filter{Limit: 2}, []int64{k, p}},
				{"limit and workflow", journal.Filter{Limit: 2, Workflow: "w"}, []int64{k, p}},
				{"workflow", journal.Filter{Workflow: "v"}, []int64{k2}},
				{"status", journal.Filter{Status: []journal.Status{journal.StatusStuck}}, []int64{k1}},
				{"two statuses", journal.Filter{Status: []journal.Status{journal.StatusStuck, journal.StatusCompleted}}, []int64{p, k1}},
				{"unfinished", journal.Filter{Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}}, []int64{k, k3, k2, k1}},
				{"no status", journal.Filter{Status: []journal.Status{}}, nil},
				{"by command", journal.Filter{Origin: journal.ByCommand}, []int64{k2}},
				{"by parent", journal.Filter{Origin: journal.ByParent}, []int64{k}},
				{"parent", journal.Filter{Parent: p}, []int64{k}},
				{"since", journal.Filter{Since: dawn.Add(time.Hour)}, []int64{k3, k2}},
				{"prefix", journal.Filter{Suffix: "order-"}, []int64{k2, k1}},
				{"suffix", journal.Filter{Suffix: "beta"}, []int64{k2}},
				{"whole", journal.Filter{Suffix: "order-alpha"}, []int64{k1}},
				{"end of a ULID", journal.Filter{Suffix: ulid[18:]}, []int64{k3}},
				{"begin of a ULID", journal.Filter{Suffix: ulid[:4]}, []int64{k, p, k3, k2, k1}},
				{"of another case", journal.Filter{Suffix: "ORDER-"}, nil},
				{"not a pattern", journal.Filter{Suffix: "____"}, nil},
				{"nor this", journal.Filter{Suffix: "ord%"}, nil},
				{"but a text", journal.Filter{Suffix: "kid%"}, []int64{k}},
				{"too short", journal.Filter{Suffix: "eta"}, nil},
				{"nothing", journal.Filter{Workflow: "v", Parent: p}, nil},
			} {
				runs, err := t.store.Runs(bg, q.f)
				t.noError(err)
				var got []int64
				for _, r := range runs {
					got = append(got, r.Key)
					t.same(q.name, r, t.run(t.store, r.Key))
				}
				t.same(q.name, got, q.want)
			}
		},
	},
	{
		name: "runs/none",
		why:  "a new journal is empty",
		test: func(t *tester) {
			runs, err := t.store.Runs(bg, journal.Filter{})
			t.must(err == nil && len(runs) == 0, "%v, %v", runs, err)
		},
	},
}
