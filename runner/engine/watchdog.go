package engine

import (
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stall is how long workflow code may run without yielding before it is
// reported: it should be waiting for the host, not computing or doing I/O.
const stall = time.Second

// A watchdog reports workflow code that does not yield. It is awake only while a
// run is being driven.
type watchdog struct {
	armed atomic.Bool
	mu    sync.Mutex     // held by checkStalls
	told  map[*run]int64 // the entries that were reported
}

// enter and leave bracket workflow code.
func (r *run) enter(now time.Time) {
	r.since.Store(now.UnixNano())
	r.e.watchStalls()
}

func (r *run) leave() { r.since.Store(0) }

// watchStalls sees to it that checkStalls is called.
func (e *Engine) watchStalls() {
	if w := &e.watch; !w.armed.Load() && w.armed.CompareAndSwap(false, true) {
		e.sched.After(stall, leaf(e.checkStalls))
	}
}

func (e *Engine) checkStalls() {
	w := &e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed.Store(false) // whoever enters from now on arms it, the others are seen below
	runs, driven := e.stalled()
	told := map[*run]int64{}
	for _, r := range runs {
		since := r.since.Load()
		told[r] = since
		if since != 0 && w.told[r] != since {
			e.log().Warn("a workflow has not yielded for 1 s: work that takes time belongs into an activity",
				"run", r.info.ID, "workflow", r.info.Workflow, "stack", workflowStacks())
		}
	}
	w.told = told
	if driven && !e.isStopped() {
		e.watchStalls()
	}
}

// stalled lists the runs that do not yield. driven says whether any is in
// workflow code at all.
func (e *Engine) stalled() (runs []*run, driven bool) {
	now := e.sched.Now().UnixNano()
	look := func(r *run) {
		if since := r.since.Load(); since != 0 {
			driven = true
			if now-since >= int64(stall) {
				runs = append(runs, r)
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runs {
		look(r)
	}
	for r := range e.fresh {
		look(r)
	}
	return runs, driven
}

// workflowStacks returns the stacks of goroutines that are in workflow code.
func workflowStacks() string {
	var b strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	var out []string
	for _, g := range strings.Split(b.String(), "\n\n") {
		if strings.Contains(g, "engine.newCoroutine.") && !strings.Contains(g, "(*coroutine).park") {
			out = append(out, g)
		}
	}
	return strings.Join(out, "\n\n")
}
