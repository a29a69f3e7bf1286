package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// Workflow puts a workflow on trial. It runs it twice undisturbed, to learn where
// its process can be killed and which parts of its result are the same each time;
// then once for every such place, and for some pairs of places, killing the
// process there and starting it again. Its activities are really called, each
// time; its signals come from the script.
//
// The error, often a [*Refusal], says why there can be no trial. Whether the
// trial went well is for [Report.Passed].
func Workflow(ctx context.Context, o Options, t Target) (*Report, error) {
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "durable-chaos-")
		if err != nil {
			return nil, fmt.Errorf("make a scratch folder: %w", err)
		}
		defer os.RemoveAll(dir)
		o.Dir = dir
	}
	dir, err := filepath.Abs(o.Dir) // the processes work in folders of their own
	if err != nil {
		return nil, fmt.Errorf("find the scratch folder: %w", err)
	}
	o.Dir = dir
	for o.Seed == 0 {
		o.Seed = rand.Uint64N(1 << 32) // short enough to be typed
	}
	e := &exam{Options: o, target: &t, report: &Report{Program: program(&o), Seed: o.Seed, Workflow: t.Workflow, Began: time.Now()}}
	if err := e.learn(ctx); err != nil {
		return nil, err
	}
	if err := e.try(ctx); err != nil {
		return nil, err
	}
	e.report.Took = Seconds(time.Since(e.report.Began))
	return e.report, nil
}

func program(o *Options) string {
	if len(o.Program) > 0 {
		return o.Program[0]
	}
	self, _ := os.Executable() // NewLab says why not
	return self
}

// An exam is one call of Workflow.
type exam struct {
	Options
	target *Target
	report *Report

	model     model
	crossings []crossing
	trace     []Entry
	limit     time.Duration // of a process in a trial

	mu          sync.Mutex
	done, kills int
}

// learn makes the model.
func (e *exam) learn(ctx context.Context) error {
	first, err := e.undisturbed(ctx, "undisturbed-1")
	if err != nil {
		return err
	}
	all, err := first.lab.chronicles(ctx)
	if err != nil {
		return err
	}
	if e.trace, err = first.lab.Ledger(); err != nil {
		return err
	}
	e.crossings = crossings(all, e.trace)
	if len(e.crossings) == 0 {
		return refuse("main must pass the command line on to cmd.Main", "%s ran the workflow, but takes no orders", first.lab.Program[0])
	}
	for i := range e.crossings {
		e.report.Boundaries = append(e.report.Boundaries, e.crossings[i].Boundary)
	}
	second, err := e.undisturbed(ctx, "undisturbed-2")
	if err != nil {
		return err
	}
	maps.DeleteFunc(first.tables, func(name string, rows int) bool { return second.tables[name] != rows })
	e.model = model{first, Paths(Compare(first.result, second.result))}
	e.report.Masked = e.model.masks
	e.limit = 10*max(first.took, second.took) + 30*time.Second
	for i := range e.target.Script {
		if l := &e.target.Script[i]; !first.posted(l) {
			e.report.Notes = append(e.report.Notes, fmt.Sprintf("line %d of the script: %s was not sent, the undisturbed run had ended", l.Number, l.Signal))
		}
	}
	return e.clear(first, second)
}

func (d *ordeal) posted(l *Line) bool {
	for _, s := range d.sent {
		if s.line == l {
			return true
		}
	}
	return false
}

// undisturbed is a run that nobody kills.
func (e *exam) undisturbed(ctx context.Context, name string) (*ordeal, error) {
	e.tell(Progress{Trial: name})
	d, err := newOrdeal(&e.Options, e.target, name, e.patience())
	if err != nil {
		return nil, err
	}
	journals, err := d.lab.rows(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.run(ctx, true, Orders{Trace: true}); err != nil {
		return nil, err
	}
	all, err := d.lab.chronicles(ctx)
	if err != nil {
		return nil, err
	}
	if d.tables, err = d.lab.rows(ctx); err != nil {
		return nil, err
	}
	maps.DeleteFunc(d.tables, func(name string, _ int) bool { _, own := journals[name]; return own })
	return d, d.sound(all)
}

// sound says why an undisturbed run is no model.
func (d *ordeal) sound(all []chronicle) error {
	name := "workflow " + d.target.Workflow
	switch {
	case d.problem != "" && d.code >= 0:
		return refuse("let it take longer with --duration, or give it an input that asks for less",
			"%s had not ended after %s although nobody disturbed it", name, lasting(d.limit))
	case len(all) == 0:
		return refuse("main must pass the command line on to cmd.Main",
			"%s did not run the workflow when it was started with the arguments of run: %s", d.lab.Program[0], lastLine(d.lives[0].Stderr()))
	}
	run := all[0]
	switch run.Status {
	case journal.StatusCompleted:
		return nil
	case journal.StatusStuck:
		var p journal.Problem
		_ = json.Unmarshal(run.Problem, &p) // without, the message is empty
		return refuse("mend it first", "%s fails although nobody disturbs it: %w: %s", name, journal.ErrStuck, p.Message)
	case journal.StatusOpen:
		return refuse("", "%s did not come to its end although nobody disturbed it: %s", name, lastLine(d.lives[0].Stderr()))
	}
	var f journal.Failure
	_ = json.Unmarshal(run.state.Data, &f) // likewise
	return refuse("chaos compares results: give it an input with which the run completes",
		"%s is %s although nobody disturbs it: %s", name, run.Status, f.Message)
}
