package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
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

	mu      sync.Mutex  // of what follows
	started map[int]int // the number of each process, by PID
	out     Outcome
}

// in makes a Lab in a folder of its own.
func (t *trial) in(name string) *trial {
	u := &trial{record: t.record, ctx: t.ctx}
	dir := t.opts.Dir
	if t.Lab != nil {
		dir = t.Dir
	}
	dir = filepath.Join(dir, name)
	t.must(os.MkdirAll(dir, 0o700))
	var err error
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
	switch {
	case r.out.Verdict != "":
	case len(r.out.Problems) > 0 || r.out.Lost > 0 || r.out.Twice > 0:
		r.out.Verdict = Fail
	default:
		r.out.Verdict = Pass
	}
	return r.out
}

// mostMarks is how long a timeline may become.
const mostMarks = 200

func (r *record) mark(what string, p *Process, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := Mark{At: Seconds(time.Since(r.began)), What: what, Text: text}
	if p != nil {
		m.Process = r.started[p.PID]
	}
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

// begin starts a process under orders, and under the sabotage of this run. It
// may be called by any goroutine.
func (t *trial) begin(o Orders, args ...string) (*Process, error) {
	o.Subjects, o.Sabotage = !o.unbound, t.opts.Sabotage
	p, err := t.Start(t.ctx, o, args...)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	if t.started == nil {
		t.started = map[int]int{}
	}
	t.started[p.PID] = len(t.started) + 1
	t.mu.Unlock()
	t.mark("start", p, strings.Join(args, " "))
	return p, nil
}

// start is begin for the goroutine that plays.
func (t *trial) start(o Orders, args ...string) *Process {
	p, err := t.begin(o, args...)
	t.must(err)
	t.procs = append(t.procs, p)
	return p
}

// wait waits for the end of a process, whose exit code it returns.
func (t *trial) wait(p *Process, more time.Duration) int {
	ctx, cancel := context.WithTimeout(t.ctx, more+t.opts.Patience)
	defer cancel()
	code, err := p.Wait(ctx)
	if err != nil {
		_ = p.Kill() // err says enough
		t.fatal("%s did not end: %v\n%s", p, err, p.Stderr())
	}
	return code
}

// output waits for the end of a process that must end well, and returns what it
// printed.
func (t *trial) output(p *Process, more time.Duration) string {
	if code := t.wait(p, more); code != 0 {
		t.fatal("%s ended with %d: %s", p, code, p.Stderr())
	}
	t.mark("done", p, "")
	return p.Stdout()
}

// do runs a command to its end.
func (t *trial) do(o Orders, args ...string) string { return t.output(t.start(o, args...), 0) }

// survive runs a command again as often as it is killed by its orders.
func (t *trial) survive(o Orders, args ...string) string {
	for {
		p := t.start(o, args...)
		if t.wait(p, 0) != -1 {
			return t.output(p, 0)
		}
		t.died("kill", p)
	}
}

// kill is kill -9 from outside.
func (t *trial) kill(p *Process) time.Time {
	at := time.Now()
	t.must(p.Kill())
	t.died("kill", p)
	return at
}

// killed waits until a process has died of its orders.
func (t *trial) killed(p *Process) {
	if code := t.wait(p, 0); code != -1 {
		t.fatal("%s was to be killed, and ended with %d: %s", p, code, p.Stderr())
	}
	t.died("kill", p)
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
func (t *trial) eventually(what string, more time.Duration, holds func() bool) {
	for end := time.Now().Add(t.opts.Patience + more); !holds(); {
		if time.Now().After(end) {
			t.fatal("it did not happen: %s", what)
		}
		t.sleep(time.Now(), lookEvery)
	}
}

const lookEvery = 10 * time.Millisecond

// await waits for an entry of the ledger.
func (t *trial) await(what string, is func(*Entry) bool) (found Entry) {
	t.eventually(what, 0, func() bool {
		for _, e := range t.entries() {
			if is(&e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func (t *trial) entries() []Entry {
	all, err := t.Ledger()
	t.must(err)
	return all
}

// client opens the journal for fn as one more process.
func (t *trial) client(fn func(r *runner.Runner) error) {
	t.must(t.Look(func(db *sqlite.DB) error {
		r, err := runner.New(db, Subjects()...)
		if err != nil {
			return err
		}
		return fn(r)
	}))
}

// submit queues runs of a workflow.
func (t *trial) submit(workflow string, inputs map[string]any) {
	t.client(func(r *runner.Runner) error {
		for _, id := range slices.Sorted(maps.Keys(inputs)) {
			raw, err := json.Marshal(inputs[id])
			if err == nil {
				_, err = r.StartRun(t.ctx, runner.StartRequest{Workflow: workflow, ID: id, Input: raw})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// results waits for the results of runs.
func (t *trial) results(ids []string) map[string]string {
	all := map[string]string{}
	t.client(func(r *runner.Runner) error {
		end := time.Now().Add(t.opts.Patience)
		for _, id := range ids {
			raw, err := t.result(r, id)
			for ; errors.Is(err, context.DeadlineExceeded) && time.Now().Before(end); raw, err = t.result(r, id) {
				t.pardon(r)
			}
			if err != nil {
				return fmt.Errorf("run %s: %w\n%s", id, err, t.complaints())
			}
			all[id] = string(raw)
		}
		return nil
	})
	return all
}

// result waits for a while.
func (t *trial) result(r *runner.Runner, id string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, time.Second)
	defer cancel()
	return r.RunResult(ctx, id)
}

// pardon resumes runs that were killed so often that they were taken for what
// kills the process, as an operator would. They must have been alone there.
func (t *trial) pardon(r *runner.Runner) {
	stuck, err := r.Store().Runs(t.ctx, journal.Filter{Status: []journal.Status{journal.StatusStuck}})
	t.must(err)
	for _, run := range stuck {
		if run.Problem != nil && strings.Contains(string(run.Problem), `"kind":"crash"`) {
			t.judgeConviction(r.Store(), run)
			t.must(r.ResumeRun(t.ctx, run.ULID))
		}
	}
}

// complaints is what the processes that still run have said.
func (t *trial) complaints() (all string) {
	for _, p := range t.procs {
		if p.lives() {
			all += p.Stderr()
		}
	}
	return all
}

// equal compares JSON texts.
func (t *trial) equal(what, want, got string) {
	if !sameJSON(want, got) {
		t.problem("%s is %s, and without kills %s", what, got, want)
	}
}

func sameJSON(a, b string) bool {
	var x, y bytes.Buffer
	if err := errors.Join(json.Compact(&x, []byte(a)), json.Compact(&y, []byte(b))); err != nil {
		return a == b
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// text is JSON of the subjects' own types, which can be encoded.
func text(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// input is the --input flag.
func input(v any) string { return "--input=" + text(v) }
