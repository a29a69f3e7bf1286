package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

func TestSequence(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		p := w.process(Config{Bindings: []host.Binding{did.echo("echo"), workflow("three", func(h host.Host) (string, error) {
			for i := range 3 {
				if _, err := do(h, "echo", i, host.Options{}); err != nil {
					return "", err
				}
			}
			return "done", sleep(h, time.Hour)
		})}})
		run := p.start("three", "a", nil)
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"done"`, out)
		require.Equal(t, []string{"echo 0", "echo 1", "echo 2"}, did.all())
		require.Equal(t, []string{"run.started", "activity.completed", "activity.completed", "activity.completed", "timer.fired"}, w.history(run))
		p.suspend()
	})
}

func TestNewRefusesBadBindings(t *testing.T) {
	store := journal.NewMemory().Open()
	a := activity("a", func(context.Context, string) (string, error) { return "", nil })
	for name, bindings := range map[string][]host.Binding{
		`two bindings are called "a"`: {a, a},
		"a binding has no name":       {{Activity: a.Activity}},
		`binding "b" has no function`: {{Name: "b"}},
	} {
		_, err := New(Config{Store: store, Bindings: bindings})
		require.ErrorContains(t, err, name)
	}
	_, err := New(Config{})
	require.ErrorContains(t, err, "no store")
}

func TestRetry(t *testing.T) {
	inWorld(t, func(w *world) {
		failures := 3
		began := time.Now()
		var gaps []time.Duration
		p := w.process(Config{Bindings: []host.Binding{
			activity("flaky", func(ctx context.Context, _ string) (string, error) {
				gaps = append(gaps, time.Since(began).Round(time.Millisecond))
				if failures--; failures >= 0 {
					return "", errBoom
				}
				return fmt.Sprint("attempt ", host.TaskOf(ctx).Attempt), nil
			}),
			workflow("w", func(h host.Host) (string, error) {
				return do(h, "flaky", nil, host.Options{Jitter: -1, Cap: 3 * time.Second})
			})}})
		run := p.start("w", "", nil)
		synctest.Wait()
		require.Equal(t, journal.Retrying, w.row(run).Phase)
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"attempt 4"`, out)
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second}, gaps)
		p.suspend()
	})
}

func TestRetryEnds(t *testing.T) {
	type outcome struct {
		o     host.Options
		err   error
		panic bool
		tries int
		code  string
		text  string
	}
	final := &journal.Failure{Message: "hopeless", NonRetryable: true}
	for name, c := range map[string]outcome{
		"attempts used up": {o: host.Options{Attempts: 4}, err: errBoom, tries: 4, text: "boom"},
		"not retryable":    {err: final, tries: 1, text: "hopeless"},
		"overall time-out": {o: host.Options{Overall: 5 * time.Second, Jitter: -1}, err: errBoom, tries: 3, text: "boom"},
		"panic":            {o: host.Options{Attempts: 2}, panic: true, tries: 2, code: host.CodePanic, text: "panic: oh"},
		"attempt time-out": {o: host.Options{Attempts: 2, Timeout: time.Minute}, tries: 2, code: host.CodeTimeout, text: "the attempt took longer than 1m0s"},
		"silence":          {o: host.Options{Attempts: 2, Heartbeat: time.Minute}, tries: 2, code: host.CodeTimeout, text: "no heartbeat for 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				tries := 0
				p := w.process(Config{Bindings: []host.Binding{
					activity("a", func(ctx context.Context, _ string) (string, error) {
						tries++
						if c.panic {
							panic("oh")
						}
						if c.err == nil {
							<-ctx.Done()
						}
						return "", c.err
					}),
					workflow("w", func(h host.Host) (string, error) { return do(h, "a", nil, c.o) })}})
				run := p.start("w", "", nil)
				_, err := p.result(run)
				var f *journal.Failure
				require.ErrorAs(t, err, &f)
				require.Contains(t, f.Message, c.text)
				require.Equal(t, c.code, f.Code)
				require.Equal(t, c.tries, tries)
				require.Equal(t, c.panic, strings.Contains(f.Stack, "engine_test.go"))
				require.Equal(t, journal.StatusFailed, w.row(run).Status)
				p.suspend()
			})
		})
	}
}

func TestSignals(t *testing.T) {
	receive := workflow("w", func(h host.Host) (string, error) {
		box := h.Mailbox("go")
		var got []string
		for range 3 {
			if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
				return "", err
			}
			m := box.Pop()
			got = append(got, string(m.Payload)+" by "+m.By)
		}
		return strings.Join(got, ", "), nil
	})
	const want = `"1 by ada, 2 by ada, 3 by ada"`

	t.Run("while it runs", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: []host.Binding{receive}})
			run := p.start("w", "", nil)
			for _, s := range []string{"1", "2", "3"} {
				p.signal(run, "go", s)
			}
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, want, out)
			_, err = p.Signal(w.Context(), run, SignalRequest{Name: "go"})
			require.ErrorIs(t, err, journal.ErrClosed)
			p.suspend()
		})
	})
	t.Run("while nobody runs it, and by a process without its code", func(t *testing.T) {
		inWorld(t, func(w *world) {
			p := w.process(Config{Bindings: []host.Binding{receive}})
			run := p.start("w", "", nil)
			p.signal(run, "go", "1")
			p.kill()
			client, err := New(Config{Store: w.disk.Open()})
			require.NoError(t, err)
			for _, s := range []string{"2", "3", "3"} {
				_, err = client.Signal(w.Context(), run, SignalRequest{Name: "go", Payload: json.RawMessage(s), By: "ada", Key: s})
				require.NoError(t, err)
			}
			p = w.process(Config{Bindings: []host.Binding{receive}})
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, want, out)
			p.suspend()
		})
	})
	t.Run("a signal that arrives as the workflow returns is delivered first", func(t *testing.T) {
		inWorld(t, func(w *world) {
			var run int64
			var other *Engine
			turns := 0
			p := w.process(Config{Bindings: []host.Binding{
				activity("a", func(context.Context, string) (string, error) { return "", nil }),
				workflow("w", func(h host.Host) (string, error) {
					_, err := do(h, "a", nil, host.Options{})
					turns++
					return fmt.Sprint(h.Mailbox("go").Len()), err
				})}})
			other, err := New(Config{Store: w.disk.Open()})
			require.NoError(t, err)
			sent := false
			w.disk.Inject(func(s *journal.MemoryStore, writes []journal.Write) journal.Fault {
				for _, wr := range writes {
					if a, ok := wr.(*journal.Append); ok && a.End != "" && !sent {
						sent = true
						_, err := other.Signal(context.Background(), run, SignalRequest{Name: "go", Payload: json.RawMessage("1")})
						require.NoError(t, err)
					}
				}
				return journal.NoFault
			})
			run = 1
			require.Equal(t, run, p.start("w", "", nil))
			out, err := p.result(run)
			require.NoError(t, err)
			require.Equal(t, `1`, out)
			require.Equal(t, 2, turns)
			require.Equal(t, []string{"run.started", "signal.received", "activity.completed"}, w.history(run))
			p.suspend()
		})
	})
}

func TestCancel(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		p := w.process(Config{Bindings: []host.Binding{
			did.echo("clean"),
			activity("long", func(ctx context.Context, in string) (string, error) {
				<-ctx.Done()
				did.add("long %s: %v", in, context.Cause(ctx))
				return "late", nil
			}),
			workflow("w", func(h host.Host) (string, error) {
				waited := h.Activity("long", json.RawMessage("1"), host.Options{WaitCancel: true})
				_, err := do(h, "long", 2, host.Options{})
				s := h.Shielded()
				out, err2 := get(s, waited)
				if err2 != nil {
					return "", err2
				}
				did.add("answered %s", out)
				if _, err := do(s, "clean", 3, host.Options{}); err != nil {
					return "", err
				}
				if _, err := do(h, "clean", 4, host.Options{}); err != host.ErrCanceled {
					return "", fmt.Errorf("the scope goes on: %w", err)
				}
				return "", fmt.Errorf("gave up: %w", err)
			})}})
		run := p.start("w", "", nil)
		synctest.Wait()
		require.NoError(t, p.Cancel(w.Context(), run, "ada", "enough"))
		_, err := p.result(run)
		require.ErrorIs(t, err, host.ErrCanceled)
		require.ErrorContains(t, err, "gave up: canceled")
		require.Equal(t, journal.StatusCanceled, w.row(run).Status)
		p.suspend() // nobody waits for the second activity; it is over now
		require.ElementsMatch(t, []string{"long 1: canceled", "long 2: canceled", `answered "late"`, "clean 3"}, did.all())
	})
}

func TestTerminate(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		bindings := []host.Binding{
			activity("long", func(ctx context.Context, in string) (string, error) {
				<-ctx.Done()
				did.add("stopped")
				return "", ctx.Err()
			}),
			workflow("w", func(h host.Host) (string, error) {
				defer did.add("deferred")
				h.Timer(time.Hour)
				return do(h, "long", nil, host.Options{})
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		synctest.Wait() // the activity is under way
		client, err := New(Config{Store: w.disk.Open()})
		require.NoError(t, err)
		require.NoError(t, client.Terminate(w.Context(), run, "ada", "enough"))
		_, err = p.result(run)
		require.ErrorIs(t, err, ErrTerminated)
		require.ErrorIs(t, p.Terminate(w.Context(), run, "", ""), journal.ErrClosed)
		p.suspend()
		require.ElementsMatch(t, []string{"stopped", "deferred"}, did.all())
	})
}

func TestScopes(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: []host.Binding{workflow("w", func(h host.Host) (string, error) {
			begin := h.Now()
			timed, _ := h.Scope(time.Minute)
			inner, _ := timed.Scope(0)
			if err := sleep(inner, time.Hour); err != host.ErrTimeout {
				return "", fmt.Errorf("inner: %w", err)
			}
			canceled, cancel := h.Scope(time.Hour)
			h.Go(func(h host.Host) {
				_ = sleep(h, time.Second)
				cancel()
			})
			if err := sleep(canceled, time.Hour); err != host.ErrCanceled {
				return "", fmt.Errorf("canceled: %w", err)
			}
			return h.Now().Sub(begin).String(), h.Err()
		})}})
		out, err := p.result(p.start("w", "", nil))
		require.NoError(t, err)
		require.Equal(t, `"1m1s"`, out)
		p.suspend()
	})
}

func TestChildren(t *testing.T) {
	child := workflow("child", func(h host.Host) (string, error) {
		box := h.Mailbox("go")
		if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
			return "", err
		}
		return string(box.Pop().Payload), nil
	})
	inWorld(t, func(w *world) {
		bindings := []host.Binding{child,
			workflow("w", func(h host.Host) (string, error) {
				a := h.Child("child", "kid", nil, host.Options{})
				b := h.Child("child", "kid", nil, host.Options{})
				h.Child("child", "orphan", nil, host.Options{})
				_, err := get(h, b)
				if err == nil || !strings.Contains(err.Error(), "kid is taken") {
					return "", fmt.Errorf("a second kid: %w", err)
				}
				return get(h, a)
			})}
		p := w.process(Config{Bindings: bindings})
		run := p.start("w", "", nil)
		synctest.Wait()
		p.kill()
		p = w.process(Config{Bindings: bindings})
		kid, err := p.store.Run(w.Context(), journal.Ref{ID: "kid"})
		require.NoError(t, err)
		p.signal(kid.Key, "go", "7")
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `7`, out)
		synctest.Wait()
		orphan, err := p.store.Run(w.Context(), journal.Ref{ID: "orphan"})
		require.NoError(t, err)
		require.Equal(t, journal.StatusCanceled, orphan.Status)
		p.suspend()
	})
}

func TestDivergence(t *testing.T) {
	version := func(second string) []host.Binding {
		var did ledger
		return []host.Binding{did.echo("a"), did.echo("b"), workflow("w", func(h host.Host) (string, error) {
			if _, err := do(h, "a", 1, host.Options{}); err != nil {
				return "", err
			}
			if err := sleep(h, time.Minute); err != nil {
				return "", err
			}
			if _, err := do(h, second, 2, host.Options{}); err != nil {
				return "", err
			}
			return second, sleep(h, time.Hour)
		})}
	}
	inWorld(t, func(w *world) {
		p := w.process(Config{Bindings: version("a")})
		run := p.start("w", "", nil)
		time.Sleep(2 * time.Minute)
		p.kill()

		p = w.process(Config{Bindings: version("b")})
		time.Sleep(2 * time.Hour)
		_, err := p.result(run)
		var stuck *StuckError
		require.ErrorAs(t, err, &stuck)
		require.Equal(t, "divergence", stuck.Problem.Kind)
		require.Equal(t, int64(3), stuck.Problem.Event)
		require.Equal(t, "activity a (operation 3) with 2", stuck.Problem.Recorded)
		require.Equal(t, "activity b (operation 3) with 2", stuck.Problem.Asked)
		require.Contains(t, stuck.Problem.AskedAt, "engine/world_test.go:")
		require.Equal(t, stuck.Problem.RecordedAt, stuck.Problem.AskedAt)
		p.suspend()

		p = w.process(Config{Bindings: version("a")})
		require.NoError(t, p.Resume(w.Context(), run))
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"a"`, out)
		p.suspend()
	})
}

func TestWorkflowBreaks(t *testing.T) {
	for name, breaks := range map[string]func(){
		"panic":  func() { panic("oh") },
		"goexit": func() { goexit() },
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " in the first turn: ", first), func(t *testing.T) {
				inWorld(t, func(w *world) {
					var did ledger
					mended := false
					p := w.process(Config{Bindings: []host.Binding{did.echo("a"), workflow("w", func(h host.Host) (string, error) {
						if first && !mended {
							breaks()
						}
						out, err := do(h, "a", 1, host.Options{})
						if !first && !mended {
							breaks()
						}
						return out, err
					})}})
					run := p.start("w", "", nil)
					_, err := p.result(run)
					var stuck *StuckError
					require.ErrorAs(t, err, &stuck)
					require.Equal(t, "panic", stuck.Problem.Kind)
					require.Contains(t, stuck.Problem.Stack, "engine_test.go")
					w.check()
					mended = true
					require.NoError(t, p.Resume(w.Context(), run))
					out, err := p.result(run)
					require.NoError(t, err)
					require.Equal(t, `"1"`, out)
					require.Equal(t, []string{"a 1"}, did.all(), "the result was not lost")
					p.suspend()
				})
			})
		}
	}
}

func TestUnboundActivity(t *testing.T) {
	inWorld(t, func(w *world) {
		var did ledger
		wf := workflow("w", func(h host.Host) (string, error) { return do(h, "a", 1, host.Options{}) })
		p := w.process(Config{Bindings: []host.Binding{wf}})
		run := p.start("w", "", nil)
		_, err := p.result(run)
		var stuck *StuckError
		require.ErrorAs(t, err, &stuck)
		require.Contains(t, stuck.Problem.Message, `no activity "a" is bound`)
		p.suspend()
		p = w.process(Config{Bindings: []host.Binding{wf, did.echo("a")}})
		require.NoError(t, p.Resume(w.Context(), run))
		out, err := p.result(run)
		require.NoError(t, err)
		require.Equal(t, `"1"`, out)
		p.suspend()
	})
}
