package chaos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A trial is a Lab in which a scenario is played. Like in a test, fatal ends the
// goroutine that plays it, and what cannot go on by itself does that.
type trial struct {
	*Lab
	*record
	ctx   context.Context
	procs []*Process // those that were started in this Lab; of the playing goroutine
}

// A record is what all Labs of a scenario have in common.
type record struct {
	*parade
	began time.Time
	rng   *rand.Rand // of the goroutine that plays

	measured bool // the scenario measures the recovery itself

	mu        sync.Mutex // of what follows
	processes []*Process // all of them, in the order of their starts
	out       Outcome
}

// in makes a Lab in a folder of its own; the second of a name is numbered.
func (t *trial) in(name string) *trial {
	u := &trial{record: t.record, ctx: t.ctx}
	parent := t.opts.Dir
	if t.Lab != nil {
		parent = t.Dir
	}
	t.must(os.MkdirAll(parent, 0o700))
	dir := filepath.Join(parent, name)
	err := os.Mkdir(dir, 0o700)
	for i := 2; errors.Is(err, fs.ErrExist); i++ {
		dir = filepath.Join(parent, fmt.Sprintf("%s-again%d", name, i))
		err = os.Mkdir(dir, 0o700)
	}
	t.must(err)
	u.Lab, err = NewLab(dir, t.opts.Program...)
	t.must(err)
	return u
}

// length is a wait of d, in proportion to what the options say.
func (r *record) length(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(r.opts.Duration) / float64(usualDuration))
}

// often is how many kills there are to be.
func (r *record) often(n int) int {
	if r.opts.Kills != 0 {
		return r.opts.Kills
	}
	return n
}

// problem notes a broken promise.
func (r *record) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Problems = append(r.out.Problems, fmt.Sprintf(format, args...))
}

// note notes what was measured.
func (r *record) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Notes = append(r.out.Notes, fmt.Sprintf(format, args...))
}

// fatal is problem, after which nothing can be tried any more.
func (t *trial) fatal(format string, args ...any) {
	t.problem(format, args...)
	runtime.Goexit()
}

func (t *trial) must(err error) {
	if err != nil {
		t.fatal("%v", err)
	}
}

// skip says why the scenario cannot be played here.
func (t *trial) skip(why string) {
	t.mu.Lock()
	t.out.Verdict, t.out.Problems = Skip, append(t.out.Problems, why)
	t.mu.Unlock()
	runtime.Goexit()
}

func (r *record) end() Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Took = Seconds(time.Since(r.began))
	if len(r.out.Recovery) >= manyRecoveries {
		r.out.Notes = append(r.out.Notes, "recovered in "+spread(r.out.Recovery))
	}
	switch {
	case r.out.Verdict != "":
	case len(r.out.Problems) > 0 || r.out.Lost > 0 || r.out.Twice > 0:
		r.out.Verdict = Fail
	default:
		r.out.Verdict = Pass
	}
	return r.out
}

// manyRecoveries is how many have a p99 worth a word.
const manyRecoveries = 100

// mostMarks is how long a timeline may become.
const mostMarks = 200

func (r *record) mark(what string, p *Process, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := Mark{At: Seconds(time.Since(r.began)), What: what, Process: 1 + slices.Index(r.processes, p), Text: text}
	if len(r.out.Timeline) < mostMarks {
		r.out.Timeline = append(r.out.Timeline, m)
	}
}

// died counts a kill.
func (r *record) died(what string, p *Process) {
	r.mark(what, p, "")
	r.mu.Lock()
	r.out.Kills++
	r.mu.Unlock()
	r.parade.mu.Lock()
	r.dead++
	r.parade.mu.Unlock()
}

// sleep waits until a moment after another.
func (t *trial) sleep(after time.Time, d time.Duration) {
	select {
	case <-time.After(time.Until(after.Add(d))):
	case <-t.ctx.Done():
		t.must(context.Cause(t.ctx))
	}
}

// between is a random duration.
func (t *trial) between(least, most time.Duration) time.Duration {
	return least + time.Duration(t.rng.Int64N(int64(most-least)+1))
}

// eventually waits until something holds.
func (t *trial) eventually(what string, holds func() bool) {
	for end := time.Now().Add(t.opts.Patience); !holds(); {
		if time.Now().After(end) {
			t.fatal("it did not happen: %s", what)
		}
		t.sleep(time.Now(), lookEvery)
	}
}

// await waits for an entry of the ledger.
func (t *trial) await(what string, is func(*Entry) bool) Entry {
	ctx, cancel := context.WithTimeout(t.ctx, t.opts.Patience)
	defer cancel()
	found, err := t.Await(ctx, is)
	if err != nil {
		t.fatal("it did not happen: %s: %v", what, err)
	}
	return found
}

func (t *trial) entries() []Entry {
	all, err := t.Ledger()
	t.must(err)
	return all
}
