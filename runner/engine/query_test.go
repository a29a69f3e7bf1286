package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestQueriesThatMisbehave has answers that end their goroutine, panic, or do
// what only a workflow may do. The run is none the worse for it.
func TestQueriesThatMisbehave(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(h host.Host)
		want   string
	}{
		"goexit":   {func(host.Host) { runtime.Goexit() }, "called runtime.Goexit"},
		"panic":    {func(host.Host) { panic("oh") }, "panicked: oh"},
		"activity": {func(h host.Host) { h.Activity("a", nil, host.Options{}) }, "panicked: "},
		"timer":    {func(h host.Host) { h.Timer(time.Hour) }, "panicked: "},
		"child":    {func(h host.Host) { h.Child("w", "", nil, host.Options{}) }, "panicked: "},
		"go":       {func(h host.Host) { h.Go(func(host.Host) {}) }, "panicked: "},
		"random":   {func(h host.Host) { h.Rand() }, "panicked: "},
		"scope":    {func(h host.Host) { h.Scope(time.Hour) }, "panicked: "},
		"wait":     {func(h host.Host) { _ = h.Await(func() bool { return false }) }, "panicked: "},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) {
					h.Answer("bad", func() (json.RawMessage, error) {
						c.answer(h)
						return json.RawMessage("1"), nil
					})
					first := h.Rand()
					if err := sleep(h, time.Hour); err != nil {
						return "", err
					}
					return fmt.Sprint(first != h.Rand()), sleep(h, time.Hour)
				})}
				p := w.process(Config{Bindings: bindings})
				run := p.start("w", "", nil)
				_, err := p.Query(w.Context(), run, "bad")
				require.ErrorContains(t, err, c.want)
				_, err = w.client(bindings...).Query(w.Context(), run, "bad")
				require.ErrorContains(t, err, c.want, "by the owner, for another process")
				time.Sleep(90 * time.Minute)
				p.kill() // what it does next must match
				_, err = w.client(bindings...).Query(w.Context(), run, "bad")
				require.Error(t, err, "by replay")
				p = w.process(Config{Bindings: bindings})
				out, err := p.result(run)
				require.NoError(t, err)
				require.Equal(t, "true", out)
				p.suspend()
			})
		})
	}
}

// TestGoexitOnReplay has code end its goroutine at a place that it had passed
// before.
func TestGoexitOnReplay(t *testing.T) {
	inWorld(t, func(w *world) {
		var bad atomic.Bool
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) {
			if bad.Load() {
				runtime.Goexit()
			}
			return "ok", sleep(h, time.Hour)
		})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		p.suspend()
		bad.Store(true)
		time.Sleep(2 * time.Hour)
		p = w.process(Config{Bindings: bindings})
		_, err := p.result(run)
		var stuck *StuckError
		require.ErrorAs(t, err, &stuck)
		require.Equal(t, "panic", stuck.Problem.Kind)
		require.Contains(t, stuck.Problem.Message, "runtime.Goexit")
		require.Equal(t, int64(1), stuck.Problem.Event)
		bad.Store(false)
		require.NoError(t, p.Resume(w.Context(), run))
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"ok"`, out)
		p.suspend()
	})
}

// TestQueryBeforePanicIsRecorded asks between the turn that broke and the commit
// that says so: nothing of that turn may be told.
func TestQueryBeforePanicIsRecorded(t *testing.T) {
	inWorld(t, func(w *world) {
		h := w.hooks()
		answers := make(chan string, 1)
		var p *process
		h.before = func(writes []journal.Write) {
			if holds(writes, func(*journal.Stick) bool { return true }) {
				go func() {
					answer, err := p.Query(w.Context(), 1, "status")
					answers <- fmt.Sprint(string(answer), err)
				}()
				time.Sleep(time.Millisecond)
			}
		}
		mended := false
		p = w.process(Config{Store: h, Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			status := "asleep"
			h.Answer("status", func() (json.RawMessage, error) { return json.Marshal(status) })
			if err := sleep(h, time.Minute); err != nil {
				return "", err
			}
			if status = "awake"; !mended {
				panic("oh")
			}
			return status, nil
		})}})
		run := p.start("w", "", nil)
		_, err := p.result(run)
		var stuck *StuckError
		require.ErrorAs(t, err, &stuck)
		require.Equal(t, `"asleep"<nil>`, <-answers)
		mended = true
		require.NoError(t, p.Resume(w.Context(), run))
		_, err = p.result(run)
		require.NoError(t, err)
		p.suspend()
	})
}

// TestQueryOfRunThatLeaves asks runs that are on their way out of memory.
func TestQueryOfRunThatLeaves(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Resident: 1, Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			h.Answer("id", func() (json.RawMessage, error) { return json.Marshal(h.Info().ID) })
			return "", sleep(h, time.Hour)
		})}})
		for i := range 100 {
			run := p.start("w", fmt.Sprint("run", i), nil)
			if i > 0 {
				answer, err := p.Query(w.Context(), run-1, "id")
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf(`"run%d"`, i-1), string(answer))
			}
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(w.Context())
		var r *run // whichever stayed
		p.mu.Lock()
		for _, r = range p.runs {
			break
		}
		p.mu.Unlock()
		r.drop(errSuspended)
		_, err := r.ask(ctx, "id")
		require.ErrorIs(t, err, errGone)
		cancel()
		p.suspend()
	})
}
