package chaos

import (
	"fmt"
	"maps"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// suspendWorkers asks a worker to stop at a random moment, as Ctrl-C and SIGTERM
// do, and starts another one, again and again. That is no crash, and costs no
// attempt. Then it asks twice, which ends the process at once, like a kill.
func suspendWorkers(t *trial) {
	inputs := map[string]any{}
	half := max(1, t.often(40)/2)
	rude := 0
	for n := range 2 * half {
		if n == half {
			t.neverCrashed(rude)
		}
		more := mixtures(fmt.Sprintf("batch%d-", n), 5)
		maps.Copy(inputs, more)
		t.submit(string(mixed), more)
		p := t.start(Orders{}, "worker")
		t.sleep(p.Started, t.between(0, 100*time.Millisecond))
		if t.suspend(p, n >= half) {
			rude++
		}
	}
	t.start(Orders{}, "worker")
	t.whole(inputs)
	t.judge()
}

// suspend asks a process to stop, once or twice. It reports whether that came too
// early to be heard, and ended the process as a kill does.
func (t *trial) suspend(p *Process, twice bool) (deaf bool) {
	ask, want := p.Interrupt, 130
	if t.rng.IntN(2) == 0 {
		ask, want = p.Terminate, 143
	}
	t.must(ask())
	if twice {
		t.sleep(time.Now(), t.between(0, 5*time.Millisecond))
		_ = ask() // it may have ended
	}
	code := t.wait(p, 0)
	t.died("suspend", p)
	if code != want && code != -1 {
		t.problem("%s was asked to stop, and ended with %d, not %d: %s", p, code, want, p.Stderr())
	}
	return code == -1
}

// neverCrashed looks for crashes of runs whose processes were only suspended.
func (t *trial) neverCrashed(deaf int) {
	if deaf > 0 {
		return // these were crashes
	}
	t.must(t.Look(func(db *sqlite.DB) error {
		runs, err := db.Runs(t.ctx, journal.Filter{})
		for _, run := range runs {
			if run.Crashes > 0 {
				t.problem("run %s: a suspension was counted as a crash", run.ID)
			}
		}
		return err
	}))
}
