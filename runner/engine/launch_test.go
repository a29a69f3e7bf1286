package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// gated is an activity that notes its input and returns when the gate for it is
// opened, also if its context ends before.
func (l *ledger) gated(name string, gate <-chan struct{}) host.Binding {
	return activity(name, func(ctx context.Context, in string) (string, error) {
		l.add("%s %s", name, in)
		<-gate
		return in, ctx.Err()
	})
}

func TestBacklog(t *testing.T) {
	t.Run("a run that ends takes its waiting attempts along", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var did ledger
			gate := make(chan struct{})
			p := w.process(Config{Concurrency: 1, Bindings: []host.Binding{did.gated("a", gate),
				workflow("one", func(h host.Host) (string, error) { return do(h, "a", 1, host.Options{}) }),
				workflow("more", func(h host.Host) (string, error) {
					h.Activity("a", json.RawMessage("2"), host.Options{})
					return do(h, "a", 3, host.Options{})
				})}})
			one, more := p.start("one", "", nil), p.start("more", "", nil)
			synctest.Wait()
			require.NoError(t, p.Terminate(w.Context(), more, "", ""))
			close(gate)
			_, err := p.result(one)
			require.NoError(t, err)
			p.suspend()
			require.Equal(t, []string{"a 1"}, did.all())
		})
	})
	t.Run("a run that becomes stuck leaves its waiting attempts to who goes on with it", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var did ledger
			gate := make(chan struct{})
			code := func(broken bool) host.Binding {
				return workflow("w", func(h host.Host) (string, error) {
					a := h.Activity("a", json.RawMessage("1"), host.Options{})
					b := h.Activity("b", json.RawMessage("2"), host.Options{})
					if err := sleep(h, time.Second); err != nil || broken {
						panic("as planned")
					}
					if _, err := get(h, b); err != nil {
						return "", err
					}
					return get(h, a)
				})
			}
			p := w.process(Config{Concurrency: 1, Bindings: []host.Binding{did.gated("a", gate), did.echo("b"), code(true)}})
			run := p.start("w", "", nil)
			time.Sleep(2 * time.Second)
			require.Equal(t, journal.StatusStuck, w.row(run).Status)
			q := w.process(Config{Bindings: []host.Binding{did.gated("a", gate), did.echo("b"), code(false)}})
			require.NoError(t, q.Resume(w.Context(), run))
			synctest.Wait()
			close(gate)
			_, err := q.result(run)
			require.NoError(t, err)
			p.suspend()
			q.suspend()
			require.ElementsMatch(t, []string{"a 1", "a 1", "b 2"}, did.all()) // "a" was under way in both
		})
	})
	t.Run("an attempt waits once, also if its run is rebuilt", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var did ledger
			gate := make(chan struct{})
			var sent atomic.Bool
			h := w.hooks()
			h.before = func(writes []journal.Write) {
				if holds(writes, func(a *journal.Append) bool { return a.End != "" }) && sent.CompareAndSwap(false, true) {
					_, err := w.client().Signal(w.Context(), 1, SignalRequest{Name: "go"})
					require.NoError(t, err)
				}
			}
			p := w.process(Config{Store: h, Concurrency: 1, Bindings: []host.Binding{did.gated("a", gate), did.echo("b"),
				workflow("w", func(h host.Host) (string, error) {
					h.Activity("a", json.RawMessage("1"), host.Options{})
					b := h.Activity("b", json.RawMessage("2"), host.Options{})
					if err := sleep(h, time.Second); err != nil || h.Mailbox("go").Len() == 0 {
						return "", err
					}
					if _, err := get(h, b); err != nil {
						return "", err
					}
					return "", sleep(h, time.Second)
				})}})
			run := p.start("w", "", nil)
			time.Sleep(2 * time.Second)
			require.True(t, sent.Load())
			close(gate)
			_, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, []string{"a 1", "b 2"}, did.all())
			p.suspend()
		})
	})
	t.Run("everything gets its turn", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var did ledger
			var mu sync.Mutex
			under, most := 0, 0
			p := w.process(Config{Concurrency: 3, Bindings: []host.Binding{
				activity("a", func(context.Context, string) (string, error) {
					did.add("a")
					mu.Lock()
					under++
					most = max(most, under)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					defer mu.Unlock()
					under--
					return "", nil
				}),
				workflow("w", func(h host.Host) (string, error) {
					var all []host.Pending
					for range 20 {
						all = append(all, h.Activity("a", nil, host.Options{}))
					}
					for _, p := range all {
						if _, err := get(h, p); err != nil {
							return "", err
						}
					}
					return "", nil
				})}})
			_, err := p.result(p.start("w", "", nil))
			require.NoError(t, err)
			require.Len(t, did.all(), 20)
			require.Equal(t, 3, most)
			p.suspend()
		})
	})
}

func TestActivityThatEndsItsGoroutine(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{
			activity("a", func(context.Context, string) (string, error) {
				runtime.Goexit()
				return "", nil
			}),
			workflow("w", func(h host.Host) (string, error) { return do(h, "a", nil, host.Options{Attempts: 2}) })}})
		_, err := p.result(p.start("w", "", nil))
		require.ErrorContains(t, err, "the activity called runtime.Goexit")
		p.suspend()
	})
}

// TestActivityLeftBehind has an activity that ran out of time and goes on all
// the same.
func TestActivityLeftBehind(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{
			activity("deaf", func(context.Context, string) (string, error) {
				time.Sleep(time.Hour)
				return "", nil
			}),
			workflow("w", func(h host.Host) (string, error) {
				return do(h, "deaf", nil, host.Options{Attempts: 1, Timeout: time.Minute})
			})}})
		_, err := p.result(p.start("w", "a", nil))
		require.ErrorContains(t, err, "the attempt took longer than 1m0s")
		p.stop()
		require.ErrorContains(t, <-p.ended, "activity deaf of run a did not stop within 5s")
		require.NoError(t, p.store.Close())
		time.Sleep(time.Hour) // it returns at last
	})
}

// TestActivityOutlivesRun has an activity that is still under way, from before,
// when its run is driven again by the same engine.
func TestActivityOutlivesRun(t *testing.T) {
	for name, fails := range map[string]bool{"and succeeds": false, "and fails": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var did ledger
				p := w.process(Config{Bindings: []host.Binding{
					activity("deaf", func(context.Context, string) (string, error) {
						did.add("deaf")
						time.Sleep(time.Hour)
						if fails && len(did.all()) == 1 {
							return "", errBoom
						}
						return fmt.Sprint(len(did.all())), nil
					}),
					workflow("w", func(h host.Host) (string, error) {
						return do(h, "deaf", nil, host.Options{Timeout: -1, Attempts: 1})
					})}})
				run := p.start("w", "", nil)
				synctest.Wait()
				p.stop()
				require.ErrorContains(t, <-p.ended, "did not stop")
				ctx, stop := context.WithCancel(w.Context())
				go func() { p.ended <- p.Run(ctx) }()
				out, err := p.result(run)
				require.NoError(t, err)
				require.Equal(t, map[bool]string{false: `"1"`, true: `"2"`}[fails], out)
				stop()
				require.NoError(t, <-p.ended)
				require.NoError(t, p.store.Close())
			})
		})
	}
}

func TestCanceledInTheSameTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		p := w.process(Config{Bindings: []host.Binding{did.echo("a"),
			workflow("kid", func(h host.Host) (string, error) { return "", sleep(h, time.Hour) }),
			workflow("w", func(h host.Host) (string, error) {
				scope, cancel := h.Scope(0)
				a := scope.Activity("a", nil, host.Options{})
				waited := scope.Activity("a", nil, host.Options{WaitCancel: true})
				scope.Timer(time.Hour)
				scope.Child("kid", "kid", nil, host.Options{})
				cancel()
				if err := h.Await(waited.Ready); err != nil {
					return "", err
				}
				_, err := a.Result()
				_, err2 := waited.Result()
				return fmt.Sprint(err, ", ", err2), nil
			})}})
		out, err := p.result(p.start("w", "", nil))
		require.NoError(t, err)
		require.Equal(t, `"canceled, canceled"`, out)
		synctest.Wait()
		kid, err := p.store.Run(w.Context(), journal.Ref{ID: "kid"})
		require.NoError(t, err)
		require.Equal(t, journal.StatusCanceled, kid.Status)
		p.suspend()
		require.Empty(t, did.all())
	})
}

// TestWaitCancelDuringBackoff crashes between the turn that cancels a step, which
// is backing off, and the answer to that.
func TestWaitCancelDuringBackoff(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{
			activity("a", func(context.Context, string) (string, error) { return "", errBoom }),
			workflow("w", func(h host.Host) (string, error) {
				scope, cancel := h.Scope(0)
				a := scope.Activity("a", nil, host.Options{Initial: time.Hour, Cap: time.Hour, WaitCancel: true})
				if err := sleep(h, time.Minute); err != nil {
					return "", err
				}
				cancel()
				if err := h.Await(a.Ready); err != nil {
					return "", err
				}
				_, err := a.Result()
				return err.Error(), nil
			})}
		w.disk.Inject(func(_ *journal.MemoryStore, writes []journal.Write) journal.Fault {
			if holds(writes, func(a *journal.Append) bool { return strings.Contains(string(a.Event.Commands), `"cancel"`) }) {
				return journal.CrashAfter
			}
			return journal.NoFault
		})
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		require.ErrorIs(t, <-p.ended, journal.ErrBroken)
		p = w.process(Config{Bindings: bindings})
		p.signal(run, "wake", "1") // before the backoff is over
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"canceled"`, out)
		p.suspend()
	})
}

func TestLongBackoff(t *testing.T) {
	const forever = time.Duration(1<<63 - 1)
	e, err := New(Config{Store: journal.NewMemory().Open()})
	require.NoError(t, err)
	for _, o := range []host.Options{
		{Initial: forever, Cap: forever},
		{Initial: time.Hour, Factor: 1e18, Cap: forever},
		{Initial: forever, Cap: forever, Jitter: 1},
	} {
		all := o.Or(host.Defaults)
		for number := range 9 {
			a := &attempt{e: e, options: &all, task: host.Task{Run: host.Info{ULID: fmt.Sprint(number)}, Attempt: number + 1}}
			due, again := a.next()
			require.True(t, again)
			require.True(t, due.After(time.Now()), "%v", due)
		}
	}
}

// TestWorkflowDoesNotYield stops a process whose workflow code goes on: it ends
// all the same, and what the code does later goes nowhere.
func TestWorkflowDoesNotYield(t *testing.T) {
	for name, turns := range map[string]int{"in its first turn": 0, "later": 1} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var did ledger
				var spins atomic.Bool
				spins.Store(true)
				bindings := []host.Binding{did.echo("a"), workflow("w", func(h host.Host) (string, error) {
					for range turns {
						if err := sleep(h, time.Second); err != nil {
							return "", err
						}
					}
					if spins.Load() {
						time.Sleep(time.Hour)
					}
					return do(h, "a", 1, host.Options{})
				})}
				p := w.process(Config{Bindings: bindings})
				go func() {
					_, _, err := p.Start(context.Background(), StartRequest{Workflow: "w", ID: "r", Input: json.RawMessage("null")})
					if turns == 0 {
						require.Error(t, err)
					}
				}()
				time.Sleep(time.Minute)
				p.stop()
				require.ErrorContains(t, <-p.ended, "workflow w of run r has not yielded within 5s")
				require.NoError(t, p.store.Close())
				time.Sleep(2 * time.Hour) // it yields at last
				require.Empty(t, did.all())
				if turns > 0 {
					spins.Store(false)
					p = w.process(Config{Bindings: bindings})
					row, err := p.store.Run(context.Background(), journal.Ref{ID: "r"})
					require.NoError(t, err)
					out, err := p.result(row.Key)
					require.NoError(t, err)
					require.Equal(t, `"1"`, out)
					p.suspend()
				}
			})
		})
	}
}

// TestCanceledWhileDown has a cancel in the inbox before its run is taken up: its
// activity is not begun once more to be canceled at once, but what is shielded is.
func TestCanceledWhileDown(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("long", func(ctx context.Context, name string) (string, error) {
				did.add("%s", name)
				select {
				case <-ctx.Done():
					return "", ctx.Err()
				case <-time.After(time.Minute):
					return name, nil
				}
			}),
			workflow("w", func(h host.Host) (string, error) {
				kept := h.Shielded().Activity("long", json.RawMessage(`"kept"`), host.Options{})
				_, err := do(h, "long", "given up", host.Options{})
				if _, kerr := get(h.Shielded(), kept); kerr != nil {
					return "", kerr
				}
				return "", err
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "r", nil)
		time.Sleep(time.Second)
		p.kill()
		require.ElementsMatch(t, []string{`"kept"`, `"given up"`}, did.all())
		require.NoError(t, w.client(bindings...).Cancel(context.Background(), run, "ada", ""))
		p = w.process(Config{Bindings: bindings})
		_, err := p.result(run)
		require.ErrorIs(t, err, host.ErrCanceled)
		require.ElementsMatch(t, []string{`"kept"`, `"given up"`, `"kept"`}, did.all())
		p.suspend()
	})
}
