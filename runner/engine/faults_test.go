package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

func TestTakeOver(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("long", func(ctx context.Context, in string) (string, error) {
				did.add("long")
				select {
				case <-time.After(time.Minute):
					return "done", nil
				case <-ctx.Done():
					return "", context.Cause(ctx)
				}
			}),
			workflow("w", func(h host.Host) (string, error) { return do(h, "long", nil, host.Options{}) })}
		a := w.process(Config{Bindings: bindings})
		b := w.process(Config{Bindings: bindings})
		run := a.start("w", "", nil)
		time.Sleep(time.Second)
		require.Equal(t, []string{"long"}, did.all())
		a.kill()
		synctest.Wait()
		require.Equal(t, []string{"long", "long"}, did.all(), "at once, without a time-out")
		row := w.row(run)
		require.Equal(t, 1, row.Crashes)
		require.Equal(t, 1, row.Streak)
		out, err := b.result(run)
		require.NoError(t, err)
		require.Equal(t, `"done"`, out)
		b.suspend()
	})
}

func TestSuspendAndResume(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("quick", func(ctx context.Context, in string) (string, error) {
				<-ctx.Done() // but finishes within the grace
				time.Sleep(time.Second)
				did.add("quick")
				return "q", nil
			}),
			activity("long", func(ctx context.Context, in string) (string, error) {
				did.add("long")
				select {
				case <-ctx.Done():
					return "", ctx.Err()
				case <-time.After(time.Hour):
					return "l", nil
				}
			}),
			workflow("w", func(h host.Host) (string, error) {
				q, l := h.Activity("quick", nil, host.Options{}), h.Activity("long", nil, host.Options{Timeout: -1})
				one, _ := get(h, q)
				two, err := get(h, l)
				return one[1:2] + two[1:2], err
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		synctest.Wait()
		p.suspend()
		require.Equal(t, []string{"run.started", "activity.completed"}, w.history(run), "what finished in time is kept, what did not is no failure")
		p = w.process(Config{Bindings: bindings})
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"ql"`, out)
		require.Equal(t, []string{"long", "quick", "long"}, did.all())
		require.Zero(t, w.row(run).Crashes)
		p.suspend()
	})
}

func TestActivityThatIgnoresItsContext(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Grace: time.Minute, Bindings: []host.Binding{
			activity("deaf", func(context.Context, string) (string, error) { time.Sleep(time.Hour); return "", nil }),
			workflow("w", func(h host.Host) (string, error) { return do(h, "deaf", nil, host.Options{}) })}})
		p.start("w", "a", nil)
		synctest.Wait()
		began := time.Now()
		p.stop()
		require.ErrorContains(t, <-p.ended, "activity deaf of run a did not stop within 1m0s")
		require.Equal(t, time.Minute, time.Since(began))
		require.NoError(t, p.store.Close())
		time.Sleep(time.Hour) // it returns at last
	})
}

func TestDiskFull(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		var full atomic.Bool
		w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
			if full.Load() {
				return journal.DiskFull
			}
			return journal.NoFault
		})
		p := w.process(Config{Bindings: []host.Binding{did.echo("a"), workflow("w", func(h host.Host) (string, error) {
			if err := sleep(h, time.Second); err != nil {
				return "", err
			}
			return do(h, "a", 1, host.Options{})
		})}})
		run := p.start("w", "", nil)
		full.Store(true)
		time.Sleep(time.Minute)
		require.Empty(t, did.all(), "nothing leaves before it is on disk")
		require.Contains(t, w.log.String(), "work pauses until it can be recorded")
		full.Store(false)
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"1"`, out)
		p.suspend()
	})
}

func TestDiskErrorStopsEverything(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		var broken atomic.Bool
		w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
			if broken.Load() {
				return journal.DiskError
			}
			return journal.NoFault
		})
		bindings := []host.Binding{did.echo("a"), workflow("w", func(h host.Host) (string, error) {
			if err := sleep(h, time.Second); err != nil {
				return "", err
			}
			return do(h, "a", 1, host.Options{})
		})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		broken.Store(true)
		_, err := p.result(run)
		require.ErrorIs(t, err, journal.ErrBroken)
		require.ErrorIs(t, <-p.ended, journal.ErrBroken)
		require.Empty(t, did.all())
		broken.Store(false)
		p = w.process(Config{Bindings: bindings})
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"1"`, out)
		p.suspend()
	})
}

func TestHeartbeat(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("crunch", func(ctx context.Context, _ string) (string, error) {
				task := host.TaskOf(ctx)
				n := 0
				_ = json.Unmarshal(task.Last, &n)
				did.add("attempt %d from %d", task.Attempt, n)
				for ; n < 100; n++ {
					if err := ctx.Err(); err != nil {
						return "", err
					}
					if n == 60 && task.Attempt == 1 {
						return "", errBoom
					}
					time.Sleep(100 * time.Millisecond)
					task.Heartbeat(json.RawMessage(fmt.Sprint(n + 1)))
				}
				return "done", nil
			}),
			workflow("w", func(h host.Host) (string, error) {
				return do(h, "crunch", nil, host.Options{Heartbeat: time.Second})
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		time.Sleep(3050 * time.Millisecond)
		p.kill()
		p = w.process(Config{Bindings: bindings})
		_, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, []string{"attempt 1 from 0", "attempt 1 from 30", "attempt 2 from 60"}, did.all())
		p.suspend()
	})
}

func TestCrashLoop(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("killer", func(ctx context.Context, in string) (string, error) {
				did.add("killer")
				w.newest.Load().Kill()
				<-ctx.Done()
				return "", ctx.Err()
			}),
			activity("victim", func(ctx context.Context, in string) (string, error) {
				did.add("victim %s", in)
				select {
				case <-time.After(time.Second):
					return "alive", nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}),
			workflow("bad", func(h host.Host) (string, error) { return do(h, "killer", nil, host.Options{}) }),
			workflow("good", func(h host.Host) (string, error) { return do(h, "victim", 1, host.Options{}) }),
		}
		start, err := New(Config{Store: w.disk.Open()})
		require.NoError(t, err)
		var good []int64
		for range 3 {
			row, _, err := start.Start(w.Context(), StartRequest{Workflow: "good"})
			require.NoError(t, err)
			good = append(good, row.Key)
		}
		bad, _, err := start.Start(w.Context(), StartRequest{Workflow: "bad"})
		require.NoError(t, err)
		for tries := 0; w.row(bad.Key).Status == journal.StatusOpen; tries++ {
			require.Less(t, tries, 20)
			p := w.process(Config{Bindings: bindings})
			time.Sleep(3 * time.Second)
			p.kill()
		}
		row := w.row(bad.Key)
		require.Equal(t, journal.StatusStuck, row.Status)
		require.Contains(t, string(row.Problem), "activity killer (engine/world_test.go:")
		p := w.process(Config{Bindings: bindings})
		time.Sleep(10 * time.Second)
		p.suspend()
		for _, key := range good {
			require.Equal(t, journal.StatusCompleted, w.row(key).Status, "what merely ran beside it")
		}
	})
}

func TestQueries(t *testing.T) {
	wf := workflow("w", func(h host.Host) (string, error) {
		status := "starting"
		h.Answer("status", func() (json.RawMessage, error) { return json.Marshal(status) })
		if err := sleep(h, time.Hour); err != nil {
			return "", err
		}
		status = "slept"
		return status, nil
	})
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{wf}})
		run := p.start("w", "", nil)
		client, err := New(Config{Store: w.disk.Open(), Bindings: []host.Binding{wf}})
		require.NoError(t, err)
		bare, err := New(Config{Store: w.disk.Open()})
		require.NoError(t, err)
		ask := func(e *Engine, want string) {
			t.Helper()
			out, err := e.Query(w.Context(), run, "status")
			require.NoError(t, err)
			require.Equal(t, want, string(out))
		}
		ask(p.Engine, `"starting"`)
		ask(client, `"starting"`)
		ask(bare, `"starting"`) // by the owner
		_, err = client.Query(w.Context(), run, "nope")
		require.ErrorIs(t, err, ErrUnknownQuery)
		require.ErrorContains(t, err, `"nope": the run answers status`)
		p.kill()
		ask(client, `"starting"`) // by replay
		_, err = bare.Query(w.Context(), run, "status")
		require.ErrorIs(t, err, ErrUnknownWorkflow)
		p = w.process(Config{Bindings: []host.Binding{wf}})
		_, err = p.result(run)
		require.NoError(t, err)
		ask(p.Engine, `"slept"`)
		p.suspend()
		ask(client, `"slept"`)
	})
}

func TestEviction(t *testing.T) {
	inWorld(t, func(w *world) {
		const runs = 50
		p := w.process(Config{Resident: 3, Bindings: []host.Binding{
			activity("a", func(context.Context, string) (string, error) { return "a", nil }),
			workflow("w", func(h host.Host) (string, error) {
				if _, err := do(h, "a", nil, host.Options{}); err != nil {
					return "", err
				}
				box := h.Mailbox("go")
				timed, _ := h.Scope(time.Hour)
				err := timed.Await(func() bool { return box.Len() > 0 })
				if errors.Is(err, host.ErrTimeout) {
					return "late", nil
				}
				return "signaled", err
			})}})
		var keys []int64
		for i := range runs {
			keys = append(keys, p.start("w", fmt.Sprint(i), nil))
		}
		synctest.Wait()
		p.mu.Lock()
		require.Len(t, p.runs, 3)
		p.mu.Unlock()
		for _, key := range keys[:runs/2] {
			p.signal(key, "go", "1")
		}
		for i, key := range keys {
			out, err := p.result(key)
			require.NoError(t, err)
			require.Equal(t, map[bool]string{true: `"signaled"`, false: `"late"`}[i < runs/2], out)
		}
		p.suspend()
	})
}

// TestEvictionBySize: runs that were given much count for several, but not for all.
func TestEvictionBySize(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Resident: 8, Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			box := h.Mailbox("go")
			return "", h.Await(func() bool { return box.Len() > 1 })
		})}})
		stay := func(want ...int64) {
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			require.Equal(t, want, slices.Sorted(maps.Keys(p.runs)))
		}
		for i := range 7 {
			p.start("w", "", i)
		}
		stay(1, 2, 3, 4, 5, 6, 7)
		large := strings.Repeat("x", heavy)
		p.start("w", "", large)
		stay(2, 3, 4, 5, 6, 7, 8) // which counts for two
		p.signal(4, "go", `"`+large+`"`)
		stay(3, 4, 5, 6, 7, 8) // like 4 now
		p.start("w", "", strings.Repeat(large, 10))
		stay(4, 6, 7, 8, 9) // likewise: it is a quarter of all
		for _, run := range []int64{1, 1, 4, 8, 8, 9, 9} {
			p.signal(run, "go", "1")
		}
		for _, run := range []int64{1, 4, 8, 9} {
			_, err := p.result(run)
			require.NoError(t, err)
		}
		p.suspend()
	})
}

func TestLogLeavesWithItsTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		var full atomic.Bool
		w.disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault {
			if full.Load() {
				return journal.DiskFull
			}
			return journal.NoFault
		})
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) {
			log := slog.New(h.Log()).With("who", "me")
			log.Info("one")
			if err := sleep(h, time.Minute); err != nil {
				return "", err
			}
			log.Info("two")
			return "", sleep(h, time.Hour)
		})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		full.Store(true)
		time.Sleep(2 * time.Minute)
		require.Contains(t, w.log.String(), "msg=one who=me")
		require.NotContains(t, w.log.String(), "msg=two")
		full.Store(false)
		time.Sleep(time.Minute)
		require.Contains(t, w.log.String(), "msg=two")
		p.kill()
		w.log.Reset()
		p = w.process(Config{Bindings: bindings})
		_, err := p.result(run)
		require.NoError(t, err)
		require.NotContains(t, w.log.String(), "msg=one", "replay is silent")
		p.suspend()
	})
}

func TestDrain(t *testing.T) {
	inWorld(t, func(w *world) {
		fails := 2
		bindings := []host.Binding{
			activity("a", func(context.Context, string) (string, error) {
				if fails--; fails >= 0 {
					return "", errBoom
				}
				return "a", nil
			}),
			workflow("w", func(h host.Host) (string, error) {
				if _, err := do(h, "a", nil, host.Options{}); err != nil {
					return "", err
				}
				return "", sleep(h, time.Hour)
			})}
		store := w.disk.Open()
		e, err := New(Config{Store: store, Bindings: bindings})
		require.NoError(t, err)
		row, _, err := e.Start(w.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		require.Equal(t, journal.Queued, w.row(row.Key).Phase)
		require.NoError(t, e.Drain(w.Context()))
		require.Equal(t, journal.Waiting, w.row(row.Key).Phase)
		require.Equal(t, []string{"run.started", "attempt.failed", "attempt.failed", "activity.completed"}, w.history(row.Key))
		require.NoError(t, e.Drain(w.Context()), "again, with nothing to do")
	})
}

func TestOnlyDrivesItsOwn(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) { return "ok", nil })}
		client, err := New(Config{Store: w.disk.Open()})
		require.NoError(t, err)
		theirs, _, err := client.Start(w.Context(), StartRequest{Workflow: "w"})
		require.NoError(t, err)
		p := w.process(Config{Bindings: bindings, Only: true})
		mine := p.start("w", "", nil)
		_, err = p.result(mine)
		require.NoError(t, err)
		require.Equal(t, journal.Queued, w.row(theirs.Key).Phase)
		_, err = p.Adopt(w.Context(), theirs.Key)
		require.NoError(t, err)
		_, err = p.result(theirs.Key)
		require.NoError(t, err)
		p.suspend()
	})
}

func TestStartTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{
			workflow("w", func(h host.Host) (string, error) { return "ok", sleep(h, time.Hour) }),
			workflow("v", func(h host.Host) (string, error) { return "ok", nil })}})
		ask := StartRequest{Workflow: "w", ID: "x"}
		one, fresh, err := p.Start(w.Context(), ask)
		require.NoError(t, err)
		require.True(t, fresh)
		two, fresh, err := p.Start(w.Context(), ask)
		require.NoError(t, err)
		require.False(t, fresh)
		require.Equal(t, one.Key, two.Key)
		_, _, err = p.Start(w.Context(), StartRequest{Workflow: "v", ID: "x"})
		require.ErrorIs(t, err, journal.ErrExists)
		_, err = p.result(one.Key)
		require.NoError(t, err)
		ask.Again = true
		three, fresh, err := p.Start(w.Context(), ask)
		require.NoError(t, err)
		require.True(t, fresh)
		require.NotEqual(t, one.Key, three.Key)
		_, err = p.result(three.Key)
		require.NoError(t, err)
		p.suspend()
	})
}

func TestDamagedEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, disk: journal.NewMemory(), log: nil}
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) {
			if err := sleep(h, time.Minute); err != nil {
				return "", err
			}
			return "ok", sleep(h, time.Hour)
		})}
		store := w.disk.Open()
		e, err := New(Config{Store: store, Bindings: bindings})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		synctest.Wait()
		row, _, err := e.Start(ctx, StartRequest{Workflow: "w", Input: json.RawMessage(`"in"`)})
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		cancel()
		require.NoError(t, <-ended)
		require.True(t, w.disk.Corrupt(row.Key, 1, func(e *journal.Event) { e.Data[1] ^= 1 }))
		e, err = New(Config{Store: store, Bindings: bindings})
		require.NoError(t, err)
		_, err = e.Query(t.Context(), row.Key, "any")
		require.ErrorIs(t, err, journal.ErrDamaged)
		require.ErrorContains(t, err, "event 1 does not match its checksum")
	})
}

// TestDamagedResult: who asks for the result of a run that has ended gets it only
// as it was committed.
func TestDamagedResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := journal.NewMemory()
		bindings := []host.Binding{workflow("w", func(h host.Host) (string, error) { return "ok", sleep(h, time.Minute) })}
		store := disk.Open()
		e, err := New(Config{Store: store, Bindings: bindings})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		synctest.Wait()
		row, _, err := e.Start(ctx, StartRequest{Workflow: "w", Input: json.RawMessage(`"in"`)})
		require.NoError(t, err)
		_, err = e.Result(ctx, row.Key)
		require.NoError(t, err)
		cancel()
		require.NoError(t, <-ended)
		result := func() (json.RawMessage, error) {
			e, err := New(Config{Store: store, Bindings: bindings})
			require.NoError(t, err)
			return e.Result(t.Context(), row.Key)
		}
		got, err := result()
		require.NoError(t, err)
		require.Equal(t, `"ok"`, string(got))
		require.True(t, disk.Corrupt(row.Key, 2, func(e *journal.Event) {
			e.Commands = bytes.Replace(e.Commands, []byte(`"ok"`), []byte(`"no"`), 1)
		}))
		got, err = result()
		require.ErrorIs(t, err, journal.ErrDamaged)
		require.ErrorContains(t, err, "event 2 does not match its checksum")
		require.Empty(t, got)
	})
}
