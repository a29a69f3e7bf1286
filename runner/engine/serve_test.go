package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// TestSuspendOnFullDisk stops a process that cannot write: its activities have
// their grace all the same, and nothing waits for room.
func TestSuspendOnFullDisk(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		var full atomic.Bool
		w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
			if full.Load() {
				return journal.DiskFull
			}
			return journal.NoFault
		})
		bindings := []host.Binding{did.echo("a"),
			activity("long", func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				time.Sleep(time.Second)
				did.add("returned")
				return "", ctx.Err()
			}),
			workflow("w", func(h host.Host) (string, error) {
				long := h.Activity("long", nil, host.Options{})
				if err := sleep(h, time.Minute); err != nil {
					return "", err
				}
				if _, err := do(h, "a", 1, host.Options{}); err != nil || did.len() < 3 {
					_, err = get(h, long)
					return "", err
				}
				return "done", nil
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		full.Store(true)
		time.Sleep(2 * time.Minute)
		p.suspend()
		require.Equal(t, []string{"returned"}, did.all())
		full.Store(false)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"run.started"}, w.history(run))
		did.add("another process")
		p = w.process(Config{Bindings: bindings})
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"done"`, out)
		p.suspend()
	})
}

// TestDiskFillsWhileSuspending has the last writes before the end meet a full
// disk.
func TestDiskFillsWhileSuspending(t *testing.T) {
	inWorld(t, func(w *world) {
		var full atomic.Bool
		w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
			if full.Load() {
				return journal.DiskFull
			}
			return journal.NoFault
		})
		p := w.process(Config{Grace: time.Hour, Bindings: []host.Binding{
			activity("late", func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				full.Store(true)
				return "done in time", nil
			}),
			workflow("w", func(h host.Host) (string, error) { return do(h, "late", nil, host.Options{}) })}})
		p.start("w", "", nil)
		synctest.Wait()
		began := time.Now()
		p.suspend()
		require.Zero(t, time.Since(began), "nobody waits for room")
		full.Store(false)
		time.Sleep(time.Minute)
	})
}

// TestStartThatBreaks has the first turn break, and then the disk.
func TestStartThatBreaks(t *testing.T) {
	for name, first := range map[string]func(){"a turn": func() {}, "a panic": func() { panic("oh") }} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				p := w.process(Config{Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
					first()
					return "", sleep(h, time.Hour)
				})}})
				w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault { return journal.DiskError })
				_, _, err := p.Start(w.Context(), StartRequest{Workflow: "w"})
				require.ErrorIs(t, err, journal.ErrBroken)
				require.ErrorIs(t, <-p.ended, journal.ErrBroken)
				w.disk.Inject(nil)
			})
		})
	}
}

// TestManyUnderWay has more runs in memory with work to do than are claimed at a
// time.
func TestManyUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{sleeper("long", time.Hour, func() {}),
			workflow("w", func(h host.Host) (string, error) { return do(h, "long", nil, host.Options{Timeout: -1}) }),
			workflow("short", func(h host.Host) (string, error) { return "ok", nil })}
		p := w.process(Config{Bindings: bindings})
		for i := range workBatch + 10 {
			p.start("w", fmt.Sprint(i), nil)
		}
		var last journal.Run
		for range workBatch + 10 {
			var err error
			last, _, err = w.client().Start(w.Context(), StartRequest{Workflow: "short"})
			require.NoError(t, err)
		}
		time.Sleep(time.Second)
		require.Equal(t, journal.StatusCompleted, w.row(last.Key).Status)
		time.Sleep(2 * time.Hour)
		p.suspend()
	})
}

// TestOnlyDrivesTheChildren takes over a run whose process died, and so its
// children, but nobody else's.
func TestOnlyDrivesTheChildren(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{
			workflow("child", func(h host.Host) (string, error) { return "child", sleep(h, time.Minute) }),
			workflow("w", func(h host.Host) (string, error) { return get(h, h.Child("child", "", nil, host.Options{})) })}
		p := w.process(Config{Bindings: bindings, Only: true})
		run, other := p.start("w", "", nil), p.start("w", "", nil)
		synctest.Wait()
		p.kill()
		p = w.process(Config{Bindings: bindings, Only: true})
		_, err := p.Adopt(w.Context(), run)
		require.NoError(t, err)
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"child"`, out)
		require.Equal(t, journal.StatusOpen, w.row(other).Status)
		p.mu.Lock()
		require.Empty(t, p.mine)
		p.mu.Unlock()
		p.suspend()
	})
}

func TestAdoptWithoutTheCode(t *testing.T) {
	inWorld(t, func(w *world) {
		row, _, err := w.client().Start(w.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		p := w.process(Config{Bindings: []host.Binding{workflow("v", func(host.Host) (string, error) { return "", nil })}})
		_, err = p.Adopt(w.Context(), row.Key)
		require.ErrorIs(t, err, ErrUnknownWorkflow)
		synctest.Wait()
		require.Zero(t, w.row(row.Key).Owner)
		p.suspend()
	})
}

// TestDrainWaitsForBackoffs has more runs back off than may stay in memory.
func TestDrainWaitsForBackoffs(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{
			activity("a", func(ctx context.Context, _ string) (string, error) {
				if host.TaskOf(ctx).Attempt < 4 {
					return "", errBoom
				}
				return "a", nil
			}),
			workflow("w", func(h host.Host) (string, error) { return do(h, "a", nil, host.Options{}) })}
		e, err := New(Config{Store: w.disk.Open(), Bindings: bindings, Resident: 1})
		require.NoError(t, err)
		var last journal.Run
		for range 9 {
			last, _, err = e.Start(w.Context(), StartRequest{Workflow: "w"})
			require.NoError(t, err)
		}
		require.NoError(t, e.Drain(w.Context()))
		for key := range last.Key {
			require.Equal(t, journal.StatusCompleted, w.row(key+1).Status)
		}
	})
}

// TestTwoRuns starts an engine twice at once.
func TestTwoRuns(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{counter(1)}})
		require.ErrorContains(t, p.Run(w.Context()), "running already")
		run := p.start("w", "", nil)
		p.signal(run, "go", "1")
		_, err := p.result(run)
		require.NoError(t, err)
		p.suspend()
	})
}
