package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// A world is a journal and the processes that share it, in a synctest bubble.
type world struct {
	*testing.T
	disk *journal.Memory
	log  *logBuffer

	newest atomic.Pointer[journal.MemoryStore] // of the last process started
}

// A logBuffer is what all processes of a world log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

// inWorld runs fn in a bubble of virtual time and checks the journal it leaves.
func inWorld(t *testing.T, fn func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, disk: journal.NewMemory(), log: new(logBuffer)}
		fn(w)
		w.check()
	})
}

func (w *world) check() {
	w.Helper()
	for v, err := range journal.Check(context.Background(), w.disk.Open()) {
		require.NoError(w, err)
		w.Errorf("the journal is broken: %v", v)
	}
}

// A process is one engine that serves.
type process struct {
	*Engine
	w     *world
	store *journal.MemoryStore
	stop  context.CancelFunc
	ended chan error
}

func (w *world) process(c Config) *process {
	w.Helper()
	h, ok := c.Store.(*hooks)
	if !ok {
		h = w.hooks()
	}
	store := h.MemoryStore
	w.newest.Store(store)
	c.Store = h
	c.Logger = slog.New(slog.NewTextHandler(w.log, nil))
	e, err := New(c)
	require.NoError(w, err)
	ctx, cancel := context.WithCancel(w.Context())
	p := &process{Engine: e, w: w, store: store, stop: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- e.Run(ctx) }()
	synctest.Wait()
	return p
}

// hooks is a handle on the journal that lets a test do something at the very
// moment when it matters.
type hooks struct {
	*journal.MemoryStore
	before func([]journal.Write) // a commit
	after  func([]journal.Write) // a commit, before the engine hears of it
	read   func(run int64)       // an inbox was read
	found  func(run int64)       // its row was read
}

func (w *world) hooks() *hooks { return &hooks{MemoryStore: w.disk.Open()} }

func (h *hooks) Commit(writes ...journal.Write) error {
	if h.before != nil {
		h.before(writes)
	}
	err := h.MemoryStore.Commit(writes...)
	if h.after != nil {
		h.after(writes)
	}
	return err
}

func (h *hooks) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	messages, err := h.MemoryStore.Inbox(ctx, run, after)
	if h.read != nil {
		h.read(run)
	}
	return messages, err
}

func (h *hooks) Run(ctx context.Context, ref journal.Ref) (journal.Run, error) {
	row, err := h.MemoryStore.Run(ctx, ref)
	if h.found != nil {
		h.found(row.Key)
	}
	return row, err
}

// holds reports whether there is such a write.
func holds[W journal.Write](writes []journal.Write, which func(W) bool) bool {
	return slices.ContainsFunc(writes, func(w journal.Write) bool {
		typed, ok := w.(W)
		return ok && which(typed)
	})
}

// suspend stops the process as Ctrl-C does.
func (p *process) suspend() {
	p.w.Helper()
	p.stop()
	require.NoError(p.w, <-p.ended)
	require.NoError(p.w, p.store.Close())
}

// kill stops it as kill -9 does.
func (p *process) kill() {
	p.store.Kill()
	p.stop()
	<-p.ended
}

func (p *process) start(workflow, id string, in any) int64 {
	p.w.Helper()
	raw, err := json.Marshal(in)
	require.NoError(p.w, err)
	row, _, err := p.Start(p.w.Context(), StartRequest{Workflow: workflow, ID: id, Input: raw})
	require.NoError(p.w, err)
	return row.Key
}

func (p *process) result(run int64) (string, error) {
	out, err := p.Result(p.w.Context(), run)
	return string(out), err
}

func (p *process) signal(run int64, name, payload string) {
	p.w.Helper()
	_, err := p.Signal(p.w.Context(), run, SignalRequest{Name: name, Payload: json.RawMessage(payload), By: "ada"})
	require.NoError(p.w, err)
}

func (w *world) row(run int64) journal.Run {
	w.Helper()
	row, err := w.disk.Open().Run(w.Context(), journal.Ref{Key: run})
	require.NoError(w, err)
	return row
}

// history is the run's events as kinds.
func (w *world) history(run int64) (kinds []string) {
	w.Helper()
	events, err := w.disk.Open().History(w.Context(), run, 0, 0)
	require.NoError(w, err)
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

// do asks for an activity and waits for it.
func do(h host.Host, name string, in any, o host.Options) (string, error) {
	raw, _ := json.Marshal(in)
	return get(h, h.Activity(name, raw, o))
}

func get(h host.Host, p host.Pending) (string, error) {
	if err := h.Await(p.Ready); err != nil && !p.Ready() {
		return "", err
	}
	out, err := p.Result()
	return string(out), err
}

func sleep(h host.Host, d time.Duration) error {
	_, err := get(h, h.Timer(d))
	return err
}

func workflow(name string, fn func(h host.Host) (string, error)) host.Binding {
	return host.Binding{Name: name, Workflow: func(h host.Host, _ json.RawMessage) (json.RawMessage, error) {
		s, err := fn(h)
		if err != nil {
			return nil, err
		}
		if json.Valid([]byte(s)) { // what an activity returned
			return json.RawMessage(s), nil
		}
		return json.Marshal(s)
	}}
}

func activity(name string, fn func(ctx context.Context, in string) (string, error)) host.Binding {
	return host.Binding{Name: name, Activity: func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		out, err := fn(ctx, string(raw))
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}}
}

// A ledger counts what really happened.
type ledger struct {
	mu    sync.Mutex
	lines []string
}

func (l *ledger) add(line string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(line, args...))
}

func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.lines...)
}

// echo is an activity that notes each call and returns its input.
func (l *ledger) echo(name string) host.Binding {
	return activity(name, func(_ context.Context, in string) (string, error) {
		l.add("%s %s", name, in)
		return in, nil
	})
}

var errBoom = errors.New("boom")

// client is another process, which runs nothing.
func (w *world) client(bindings ...host.Binding) *Engine {
	w.Helper()
	e, err := New(Config{Store: w.disk.Open(), Bindings: bindings})
	require.NoError(w, err)
	return e
}

func (l *ledger) len() int { return len(l.all()) }
