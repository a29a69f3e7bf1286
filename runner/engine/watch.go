package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// watchNet is how often a waiter looks by itself, should every notice be lost.
const watchNet = 10 * time.Second

// The watchers are those who wait for something to be committed.
type watchers struct {
	mu    sync.Mutex
	byRun map[int64]*watcher
	any   chan struct{} // closed when another process has committed something
	err   error
}

// A watcher is the meeting point of all who wait for one run.
type watcher struct {
	waiting int
	follow  int              // those of them who want to hear of every commit, not only of the end
	turn    chan struct{}    // closed at the run's next commit
	end     *journal.Command // how it ended, once it has, in this process
}

func (w *watchers) watch(run int64, follow int) (*watcher, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byRun == nil {
		w.byRun = map[int64]*watcher{}
	}
	t := w.byRun[run]
	if t == nil {
		t = &watcher{turn: make(chan struct{})}
		w.byRun[run] = t
	}
	t.waiting++
	t.follow += follow
	return t, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		t.follow -= follow
		if t.waiting--; t.waiting == 0 && w.byRun[run] == t {
			delete(w.byRun, run)
		}
	}
}

// signals returns the channels that close at the next commit of the run, and at
// the next one of another process, and how the run ended if that is known.
func (w *watchers) signals(t *watcher) (turn, any <-chan struct{}, end *journal.Command, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.any == nil {
		w.any = make(chan struct{})
	}
	return t.turn, w.any, t.end, w.err
}

// told wakes the waiters of one run after a turn of it was committed.
func (e *Engine) told(run int64, t *turn) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	waiter := w.byRun[run]
	switch {
	case waiter == nil:
	case t.append.End != "":
		waiter.end = t.end
		waiter.wake()
	case waiter.follow > 0:
		waiter.wake()
	}
}

func (t *watcher) wake() {
	close(t.turn)
	t.turn = make(chan struct{})
}

// changed wakes the waiters of one run after anything else.
func (e *Engine) changed(run int64) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if waiter := w.byRun[run]; waiter != nil {
		waiter.wake()
	}
}

func (w *watchers) changedElsewhere() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.any != nil {
		close(w.any)
		w.any = nil
	}
}

func (w *watchers) failAll(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
	for _, t := range w.byRun {
		t.wake()
	}
}

// wait blocks until the run's row satisfies enough, and returns it; or, if the
// run ended in this process meanwhile and that is enough, its last command.
func (e *Engine) wait(ctx context.Context, run int64, atEnd bool, enough func(*journal.Run) bool) (journal.Run, *journal.Command, error) {
	follow := 1
	if atEnd {
		follow = 0
	}
	t, leave := e.watchers.watch(run, follow)
	defer leave()
	net, stop := e.alarm(watchNet)
	defer func() { stop() }()
	changes := e.foreign()
	// A run leaves memory before its end is told, so the end of one that is
	// there now cannot be missed.
	for look := !atEnd || e.resident(run) == nil; ; {
		turn, any, end, err := e.watchers.signals(t)
		if err != nil {
			return journal.Run{}, nil, err
		}
		if end != nil && atEnd {
			return journal.Run{}, end, nil
		}
		if look {
			row, err := e.store.Run(ctx, journal.Ref{Key: run})
			if err != nil {
				return row, nil, fmt.Errorf("read run %d: %w", run, err)
			}
			if enough(&row) {
				return row, nil, nil
			}
		}
		if e.waiter != nil {
			e.waiter.Wait(func() bool { return closed(turn) || closed(any) || closed(net) || ctx.Err() != nil })
		}
		select {
		case <-ctx.Done():
		case <-turn:
		case <-any:
		case <-changes:
			e.watchers.changedElsewhere() // which closes any
		case <-net:
		}
		if ctx.Err() != nil {
			return journal.Run{}, nil, ctx.Err()
		}
		look = !atEnd || closed(any) || closed(net) || e.resident(run) == nil
		if closed(net) {
			net, stop = e.alarm(watchNet)
		}
	}
}

// alarm returns a channel that is closed once d has passed.
func (e *Engine) alarm(d time.Duration) (rung <-chan struct{}, stop func()) {
	c := make(chan struct{})
	return c, e.sched.After(d, leaf(func() { close(c) }))
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// foreign is the store's notice of other processes' commits, if nobody else
// reads it.
func (e *Engine) foreign() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.serving || e.shared == nil {
		return nil
	}
	return e.store.Changed()
}
