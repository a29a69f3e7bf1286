package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// everything is a workflow that uses each kind of operation.
func everything(did *ledger) []host.Binding {
	return []host.Binding{
		did.echo("a"),
		activity("flaky", func(ctx context.Context, in string) (string, error) {
			did.add("flaky %d", host.TaskOf(ctx).Attempt)
			if host.TaskOf(ctx).Attempt < 3 {
				return "", errBoom
			}
			return in, nil
		}),
		workflow("child", func(h host.Host) (string, error) {
			return do(h, "a", "child", host.Options{})
		}),
		workflow("all", func(h host.Host) (string, error) {
			var fan []host.Pending
			for i := range 4 {
				fan = append(fan, h.Activity("a", json.RawMessage(fmt.Sprint(i)), host.Options{}))
			}
			sum := ""
			for _, p := range fan {
				out, err := get(h, p)
				if err != nil {
					return "", err
				}
				sum += out
			}
			if _, err := do(h, "flaky", 1, host.Options{}); err != nil {
				return "", err
			}
			step, err := get(h, h.Step("step", func(context.Context, json.RawMessage) (json.RawMessage, error) {
				did.add("step")
				return json.RawMessage(`"s"`), nil
			}, host.Options{}))
			if err != nil {
				return "", err
			}
			child, err := get(h, h.Child("child", "", nil, host.Options{}))
			if err != nil {
				return "", err
			}
			box := h.Mailbox("go")
			timed, cancel := h.Scope(time.Hour)
			err = timed.Await(func() bool { return box.Len() > 0 })
			if err != nil {
				return "", err
			}
			cancel()
			signal := string(box.Pop().Payload)
			if err := sleep(h, time.Minute); err != nil {
				return "", err
			}
			return fmt.Sprint(sum, step, child, signal), nil
		})}
}

// TestCrashAtEveryBoundary kills the process before and after each commit of a
// run, and during the one after that, and expects what an undisturbed run gives.
func TestCrashAtEveryBoundary(t *testing.T) {
	var want []string
	commits := 0
	scenario := func(t *testing.T, crash func(commit int) journal.Fault) {
		inWorld(t, func(w *world) {
			var did ledger
			n, crashes := 0, 0
			w.disk.Inject(func(s *journal.MemoryStore, writes []journal.Write) journal.Fault {
				for _, wr := range writes {
					if _, claim := wr.(*journal.Claim); claim && len(writes) == 1 && n == 0 {
						return journal.NoFault
					}
				}
				n++
				f := journal.NoFault
				if crash != nil {
					f = crash(n)
				}
				if f != journal.NoFault {
					crashes++
				}
				return f
			})
			client, err := New(Config{Store: w.disk.Open()})
			require.NoError(t, err)
			var row journal.Run
			for row.Key == 0 { // what was not acknowledged is tried again
				if row, _, err = client.Start(w.Context(), StartRequest{Workflow: "all", ID: "x", Input: json.RawMessage("1")}); err != nil {
					client, err = New(Config{Store: w.disk.Open()})
					require.NoError(t, err)
				}
			}
			for {
				_, err := client.Signal(w.Context(), row.Key, SignalRequest{Name: "go", Payload: json.RawMessage("7"), Key: "once"})
				if err == nil {
					break
				}
				client, err = New(Config{Store: w.disk.Open()})
				require.NoError(t, err)
			}
			var out string
			for {
				p := w.process(Config{Bindings: everything(&did)})
				out, err = p.result(row.Key)
				if err == nil {
					p.suspend()
					break
				}
				require.ErrorIs(t, err, journal.ErrBroken)
				p.kill()
				require.Less(t, crashes, 5)
			}
			history := w.history(row.Key)
			slices.Sort(history) // parallel activities may end in any order
			got := append([]string{out}, history...)
			if want == nil {
				want, commits = got, n
			}
			require.Equal(t, want, got)
			times := map[string]int{}
			for _, line := range did.all() {
				times[line]++
				require.LessOrEqual(t, times[line], 1+crashes, "%s ran again without a crash", line)
			}
			for _, line := range []string{"a 0", "a 1", "a 2", "a 3", "flaky 1", "flaky 2", "flaky 3", "step", `a "child"`} {
				require.NotZero(t, times[line], line)
			}
		})
	}
	scenario(t, nil)
	require.Greater(t, commits, 8)
	for n := 1; n <= commits; n++ {
		for name, fault := range map[string]journal.Fault{"before": journal.CrashBefore, "after": journal.CrashAfter} {
			t.Run(fmt.Sprintf("%s commit %d", name, n), func(t *testing.T) {
				scenario(t, func(commit int) journal.Fault {
					if commit == n {
						return fault
					}
					return journal.NoFault
				})
			})
			t.Run(fmt.Sprintf("%s commit %d, and again during recovery", name, n), func(t *testing.T) {
				scenario(t, func(commit int) journal.Fault {
					if commit == n || commit == n+2 {
						return fault
					}
					return journal.NoFault
				})
			})
		}
	}
}
