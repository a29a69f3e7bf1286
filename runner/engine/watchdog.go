package engine

import (
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

// stall is how long workflow code may run without yielding before it is
// reported: it should be waiting for the host, not computing or doing I/O.
const stall = time.Second

// A watchdog reports workflow code that does not yield. It is awake only while a
// run is being driven.
type watchdog struct {
	mu    sync.Mutex
	armed bool
	told  map[*run]int64 // the entries that were reported
}

// enter and leave bracket workflow code.
func (r *run) enter(now time.Time) {
	r.since.Store(now.UnixNano())
	w := &r.e.watch
	if w.mu.TryLock() { // else somebody else is arming it
		if !w.armed {
			w.armed = true
			r.e.sched.After(stall, leaf(r.e.checkStalls))
		}
		w.mu.Unlock()
	}
}

func (r *run) leave() { r.since.Store(0) }

func (e *Engine) checkStalls() {
	now := e.sched.Now().UnixNano()
	e.mu.Lock()
	runs := make([]*run, 0, 8)
	driven := false
	for _, r := range e.runs {
		if since := r.since.Load(); since != 0 {
			driven = true
			if now-since >= int64(stall) {
				runs = append(runs, r)
			}
		}
	}
	e.mu.Unlock()
	w := &e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
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
	w.armed = driven && !e.isStopped()
	if w.armed {
		e.sched.After(stall, leaf(e.checkStalls))
	}
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
