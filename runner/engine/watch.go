package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
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

// Await returns the run once it has an event numbered above after, or is not
// open, whichever process drives it.
func (e *Engine) Await(ctx context.Context, run, after int64) (journal.Run, error) {
	row, _, err := e.wait(ctx, run, false, func(row *journal.Run) bool {
		return row.LastSeq > after || row.Status != journal.StatusOpen
	})
	return row, err
}

// Result waits for the end of the run and returns its result. A failed run's
// error is a *journal.Failure, a canceled one's wraps host.ErrCanceled too, a
// terminated one's is ErrTerminated. A run that is or gets stuck: *StuckError.
func (e *Engine) Result(ctx context.Context, run int64) (json.RawMessage, error) {
	row, end, err := e.wait(ctx, run, true, func(row *journal.Run) bool { return row.Status != journal.StatusOpen })
	if err != nil {
		return nil, err
	}
	if end == nil {
		if end, err = e.endOf(ctx, &row); err != nil {
			return nil, err
		}
	}
	switch end.Kind {
	case journal.Complete:
		return end.Data, nil
	case journal.Cancel:
		return nil, errors.Join(host.ErrCanceled, decodeFailure(end.Data))
	}
	return nil, decodeFailure(end.Data)
}

// endOf reads how a run ended from its last event.
func (e *Engine) endOf(ctx context.Context, row *journal.Run) (*journal.Command, error) {
	switch row.Status {
	case journal.StatusStuck:
		s := &StuckError{Run: row.ID}
		if err := json.Unmarshal(row.Problem, &s.Problem); err != nil {
			s.Problem.Message = "unreadable problem: " + string(row.Problem)
		}
		return nil, s
	case journal.StatusTerminated:
		return nil, fmt.Errorf("run %s: %w", row.ID, ErrTerminated)
	}
	last, err := e.lastEvent(ctx, row)
	if err != nil {
		return nil, err
	}
	if last != nil {
		if asked, err := last.Asked(); err == nil && len(asked) > 0 {
			last := asked[len(asked)-1]
			if _, ends := last.Kind.Ends(); ends {
				return &last, nil
			}
		}
	}
	return nil, fmt.Errorf("run %s: %w: it is %s, but event %d does not end it", row.ID, journal.ErrDamaged, row.Status, row.LastSeq)
}

// lastEvent reads the run's last event, and verifies it by the one before.
func (e *Engine) lastEvent(ctx context.Context, row *journal.Run) (*journal.Event, error) {
	before := max(row.LastSeq-2, 0)
	events, err := e.store.History(ctx, row.Key, before, 2)
	if err != nil {
		return nil, fmt.Errorf("read the last event of run %s: %w", row.ID, err)
	}
	chain := row.Chain()
	if before > 0 && len(events) > 0 {
		chain.Skip(events[0].Seq, events[0].Sum)
		events = events[1:]
	}
	if events, err = chain.TakeAll(events); err != nil || len(events) == 0 {
		return nil, err
	}
	return &events[len(events)-1], nil
}
