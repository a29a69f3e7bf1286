package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

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
			for ; isOpen(err) && time.Now().Before(end); raw, err = t.result(r, id) {
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

// isOpen reports whether err says that a run has not ended.
func isOpen(err error) bool {
	var stuck *runner.StuckError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &stuck)
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
