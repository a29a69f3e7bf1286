package engine

import (
	"context"
	"fmt"
	"math/bits"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// sleeper is an activity that takes its time and then does that.
func sleeper(name string, takes time.Duration, then func()) host.Binding {
	return activity(name, func(ctx context.Context, in string) (string, error) {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
		}
		if ctx.Err() == nil { // else this is a process that is dead already
			then()
		}
		return "alive", ctx.Err()
	})
}

// TestCulprits has runs that kill their process every time, among many that only
// ran beside them: they alone become stuck.
func TestCulprits(t *testing.T) {
	for _, c := range []struct {
		culprits, innocents int
		kills, takes        time.Duration
	}{
		{1, 0, time.Second, 0},
		{1, 9, time.Second, 10 * time.Second},
		{1, 9, 10 * time.Second, 12 * time.Second},
		{2, 9, time.Second, 10 * time.Second},
		{3, 30, 0, time.Second},
		{5, 100, 0, time.Second},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			inWorld(t, func(w *world) {
				died := make(chan struct{}, 100)
				die := func() {
					w.newest.Load().Kill()
					died <- struct{}{}
				}
				bindings := []host.Binding{sleeper("killer", c.kills, die), sleeper("innocent", c.takes, func() {}),
					workflow("bad", func(h host.Host) (string, error) { return do(h, "killer", nil, host.Options{}) }),
					workflow("good", func(h host.Host) (string, error) { return do(h, "innocent", 1, host.Options{}) })}
				client := w.client(bindings...)
				bad, good := w.start(client, "bad", c.culprits), w.start(client, "good", c.innocents)
				limit := 4 + c.culprits*(4+bits.Len(uint(c.culprits+c.innocents)))
				for deaths := 0; ; deaths++ {
					require.LessOrEqual(t, deaths, limit)
					p := w.process(Config{Bindings: bindings})
					select {
					case <-time.After(time.Hour):
						p.suspend()
						require.Empty(t, died)
					case <-died:
						p.kill()
						for len(died) > 0 {
							<-died
						}
						continue
					}
					break
				}
				for _, key := range bad {
					require.Equal(t, journal.StatusStuck, w.row(key).Status)
				}
				for _, key := range good {
					require.Equal(t, journal.StatusCompleted, w.row(key).Status)
				}
			})
		})
	}
}

// TestTakenOverBySomebodyElse has a run that is left of a dead process, whose
// other runs were taken over by a process that was faster: it was not alone.
func TestTakenOverBySomebodyElse(t *testing.T) {
	for _, beside := range []bool{true, false} {
		t.Run(fmt.Sprintf("something ran beside it: %v", beside), func(t *testing.T) {
			inWorld(t, func(w *world) {
				bindings := []host.Binding{sleeper("innocent", time.Second, func() {}),
					workflow("good", func(h host.Host) (string, error) { return do(h, "innocent", 1, host.Options{}) })}
				client := w.client(bindings...)
				runs := w.start(client, "good", 2)
				for range crashLimit - 1 {
					w.crashWith(runs...)
				}
				if beside {
					w.crashWith(runs...)
				} else {
					w.crashWith(runs[0])
				}
				faster := w.disk.Open()
				require.NoError(t, faster.Join(w.Context(), nil))
				require.NoError(t, faster.Commit(&journal.Claim{Runs: runs[1:], Now: time.Now()}))
				p := w.process(Config{Bindings: bindings})
				time.Sleep(time.Minute)
				want := journal.StatusStuck
				if beside {
					want = journal.StatusCompleted
				}
				require.Equal(t, want, w.row(runs[0]).Status)
				p.suspend()
				faster.Kill()
			})
		})
	}
}

// TestSuspectsHoldNobodyUp has suspects that record nothing for long, or never.
func TestSuspectsHoldNobodyUp(t *testing.T) {
	for name, long := range map[string]func(h host.Host) (string, error){
		"it only waits":           func(h host.Host) (string, error) { return "", sleep(h, 100*time.Hour) },
		"its activity takes long": func(h host.Host) (string, error) { return do(h, "innocent", 1, host.Options{Timeout: -1}) },
		"it retries": func(h host.Host) (string, error) {
			return do(h, "fails", 1, host.Options{Attempts: -1, Initial: time.Hour, Cap: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				bindings := []host.Binding{sleeper("innocent", 100*time.Hour, func() {}),
					activity("fails", func(context.Context, string) (string, error) { return "", errBoom }),
					workflow("long", long),
					workflow("short", func(h host.Host) (string, error) { return "", sleep(h, time.Second) })}
				client := w.client(bindings...)
				row, _, err := client.Start(w.Context(), StartRequest{Workflow: "long"})
				require.NoError(t, err)
				short, _, err := client.Start(w.Context(), StartRequest{Workflow: "short"})
				require.NoError(t, err)
				for range suspectAfter + 1 { // crashes of which nobody is guilty
					w.crashWith(row.Key, short.Key)
				}
				p := w.process(Config{Bindings: bindings})
				time.Sleep(time.Hour)
				require.Equal(t, journal.StatusCompleted, w.row(short.Key).Status)
				require.NotEqual(t, journal.StatusStuck, w.row(row.Key).Status)
				p.suspend()
			})
		})
	}
}

// TestTriedTwice has a suspect whose trial is over when somebody who saw it before
// that begins another one: the others must not wait for its end.
func TestTriedTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{sleeper("innocent", 10*time.Second, func() {}),
			workflow("good", func(h host.Host) (string, error) {
				if err := sleep(h, 0); err != nil {
					return "", err
				}
				return do(h, "innocent", 1, host.Options{})
			})}
		client := w.client(bindings...)
		runs := w.start(client, "good", 2)
		for range suspectAfter + 1 {
			w.crashWith(runs...)
		}
		h, seen := w.hooks(), make(chan struct{})
		h.before = func(writes []journal.Write) {
			if holds(writes, func(*journal.Claim) bool { return true }) {
				<-seen // by the second look, as dead
			}
		}
		p := w.process(Config{Store: h, Bindings: bindings})
		h.found = func(run int64) {
			if run == runs[0] {
				h.found = nil
				close(seen)
				time.Sleep(5 * time.Second) // the first is on its way, and no suspect any more
			}
		}
		go p.findWork()
		time.Sleep(trialTime / 2)
		for _, key := range runs {
			require.Equal(t, journal.StatusCompleted, w.row(key).Status)
		}
		p.suspend()
	})
}

// TestTrialOfLateClaim has the claim of a suspect take longer than its trial may:
// it has not even begun then.
func TestTrialOfLateClaim(t *testing.T) {
	inWorld(t, func(w *world) {
		bindings := []host.Binding{sleeper("innocent", time.Second, func() {}),
			workflow("good", func(h host.Host) (string, error) { return do(h, "innocent", 1, host.Options{}) })}
		client := w.client(bindings...)
		runs := w.start(client, "good", 2)
		for range 2 {
			w.crashWith(runs[0])
		}
		for range crashLimit - 2 {
			w.crashWith(runs...)
		}
		h, late := w.hooks(), false
		h.before = func(writes []journal.Write) {
			if !late && holds(writes, func(*journal.Claim) bool { return true }) {
				late = true
				time.Sleep(trialTime + 30*time.Second) // a full disk, say
			}
		}
		p := w.process(Config{Store: h, Bindings: bindings})
		time.Sleep(10 * trialTime)
		for _, key := range runs {
			require.Equal(t, journal.StatusCompleted, w.row(key).Status)
		}
		p.suspend()
	})
}

// start begins n runs of a workflow.
func (w *world) start(client *Engine, workflow string, n int) (runs []int64) {
	w.Helper()
	for range n {
		row, _, err := client.Start(w.Context(), StartRequest{Workflow: workflow})
		require.NoError(w, err)
		runs = append(runs, row.Key)
	}
	return runs
}

// crashWith claims the runs and dies.
func (w *world) crashWith(runs ...int64) {
	w.Helper()
	store := w.disk.Open()
	require.NoError(w, store.Join(w.Context(), (*peer)(w.client())))
	require.NoError(w, store.Commit(&journal.Claim{Runs: runs, Now: time.Now()}))
	store.Kill()
	synctest.Wait()
}
