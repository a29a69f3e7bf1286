package chaos

import (
	"database/sql"
	"fmt"
	"net/url"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// judge compares what happened outside of the journal with what that holds, and
// has the journal checked for itself.
func (t *trial) judge() {
	entries := t.entries()
	t.judgeCalls(entries)
	t.judgeRecorded(entries)
	t.judgeNaps(entries)
	t.recovered(entries)
	found, err := t.Check(t.ctx)
	t.must(err)
	for _, v := range found {
		t.problem("%s", v)
	}
}

// A deed is one operation of one run.
type deed struct {
	run string
	op  int64
}

func (d deed) String() string { return fmt.Sprintf("operation %d of run %s", d.op, d.run) }

// judgeCalls looks for activities that ran again: after their result was
// recorded, which is never right, or before, which needs a death in between.
func (t *trial) judgeCalls(entries []Entry) {
	type history struct {
		process  int // of the last call that is not recorded
		attempt  int
		failed   int // attempts that were recorded as failed
		recorded bool
	}
	all := map[deed]*history{}
	twice, again := 0, 0
	for _, e := range entries {
		d := deed{e.Run, e.Op}
		h := all[d]
		if h == nil {
			h = &history{}
			all[d] = h
		}
		switch {
		case e.What == Broken:
			t.problem("process %d: %s", e.PID, e.Text)
		case e.What == Recorded && e.Kind == journal.AttemptFailed:
			h.failed++
			h.process = 0
		case e.What == Recorded && h.recorded:
			t.problem("%s: its outcome was recorded twice", d)
		case e.What == Recorded:
			h.recorded = true
		case e.What != Called:
		case h.recorded || e.Attempt <= h.failed:
			twice++
			t.problem("%s: %s was called again after its outcome was recorded", d, e.Name)
		case h.process == e.Process && h.attempt == e.Attempt:
			t.problem("%s: %s was called twice by process %d", d, e.Name, e.PID)
		case h.process != 0 && h.attempt == e.Attempt:
			again++
			fallthrough
		default:
			h.process, h.attempt = e.Process, e.Attempt
		}
	}
	t.mu.Lock()
	t.out.Twice += twice
	t.out.Again += again
	t.mu.Unlock()
}

// judgeRecorded looks for what was recorded, and is gone.
func (t *trial) judgeRecorded(entries []Entry) {
	t.must(t.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(t.ctx, journal.Filter{})
		if err != nil {
			return err
		}
		histories := make(map[string][]journal.Event, len(runs))
		for _, run := range runs {
			if histories[run.ULID], err = db.History(t.ctx, run.Key, 0, 0); err != nil {
				return err
			}
		}
		lost := 0
		for _, e := range entries {
			if e.What != Recorded {
				continue
			}
			h := histories[e.Run]
			if int64(len(h)) < e.Seq || h[e.Seq-1].Op != e.Op || h[e.Seq-1].Kind != e.Kind {
				lost++
				t.problem("run %s: event %d, %s of operation %d, was recorded, and is gone", e.Run, e.Seq, e.Kind, e.Op)
			}
		}
		t.mu.Lock()
		t.out.Runs += len(runs)
		t.out.Lost += lost
		t.mu.Unlock()
		return nil
	}))
}

// judgeConviction looks whether a run that is stuck since its process died again
// and again was alone there the last time, as it must be. The crashes of one
// death have the time in common.
func (t *trial) judgeConviction(store journal.Store, stuck journal.Run) {
	runs, err := store.Runs(t.ctx, journal.Filter{})
	t.must(err)
	d, err := store.Details(t.ctx, stuck.Key)
	t.must(err)
	died := d.Crashes[len(d.Crashes)-1].Died
	for _, run := range runs {
		d, err := store.Details(t.ctx, run.Key)
		t.must(err)
		for _, c := range d.Crashes {
			if run.Key != stuck.Key && c.Died.Equal(died) && c.Phase != journal.Waiting && stuck.Streak < convicted {
				t.problem("run %s was taken for what kills the process, and %s was under way beside it", stuck.ULID, run.ULID)
				return
			}
		}
	}
}

// convicted is after how many crashes in a row the engine takes a run for what
// kills the process although something always ran beside it.
const convicted = 10

// judgeNaps compares the time between two activities with the sleep between
// them.
func (t *trial) judgeNaps(entries []Entry) {
	back := map[string]time.Time{}
	done := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.What == Returned && e.Name == string(before):
			back[e.Run] = e.At
		case e.What == Called && e.Name == string(after) && !done[e.Run]:
			done[e.Run] = true
			if slept := e.At.Sub(back[e.Run]); slept < nap {
				t.problem("run %s slept %v, which is %v too short", e.Run, slept, nap-slept)
			}
		}
	}
}

// nap is how long every mixed sleeps.
const nap = 20 * time.Millisecond

// recovered notes how long each process after a death took from its start until
// it had rebuilt a run.
func (t *trial) recovered(entries []Entry) {
	if t.measured {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	back := map[int]time.Time{}
	for _, e := range entries {
		if e.What == Resumed && back[e.Process].IsZero() {
			back[e.Process] = e.At
		}
	}
	killed := false
	for _, p := range t.procs {
		if at := back[p.Number]; killed && !at.IsZero() {
			t.out.Recovery = append(t.out.Recovery, Seconds(at.Sub(p.Started)))
		}
		killed = killed || p.wasKilled()
	}
}

// rows counts the rows that transactional steps have added, by key.
func (t *trial) rows() map[string]int {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: t.Journal()}).EscapedPath()+"?mode=ro")
	t.must(err)
	defer db.Close()
	rows, err := db.QueryContext(t.ctx, "SELECT key, count(*) FROM entered GROUP BY key")
	t.must(err)
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var key string
		var n int
		t.must(rows.Scan(&key, &n))
		found[key] = n
	}
	t.must(rows.Err())
	return found
}
