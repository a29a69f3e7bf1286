package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

type Note struct {
	Text string `json:"text"`
}

const (
	Collect runner.Workflow[int, []Got] = "collect"
	Tell    runner.Signal[Note]         = "tell"
)

// Got is what a signal looked like to the workflow.
type Got struct {
	Text, By string
	Verified bool
	At       time.Time
}

// collect waits for n signals.
func collect(ctx *runner.Context, n int) (all []Got, err error) {
	for range n {
		m, err := Tell.Inbox(ctx).Message(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, Got{m.Value.Text, m.By, m.Verified, m.At})
	}
	return all, nil
}

func TestSignals(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Collect.Bind(collect, Tell))
		begin := time.Now()
		h, err := Collect.Start(t.Context(), r, "c", 4)
		require.NoError(t, err)
		require.NoError(t, Tell.Send(t.Context(), r, "c", Note{"one"}, runner.By("ada")))
		require.NoError(t, Tell.Send(t.Context(), r, "c", Note{"two"}, runner.Key("k")))
		require.NoError(t, Tell.Send(t.Context(), r, "c", Note{"two, again"}, runner.Key("k")))
		duplicate, err := r.SignalRun(t.Context(), "c", runner.SignalRequest{Name: "tell", Key: "k"})
		require.NoError(t, err)
		require.True(t, duplicate)
		_, err = r.SignalRun(t.Context(), "c", runner.SignalRequest{Name: "tell", Payload: []byte(`{"text":"sure"}`), By: "bob", Verified: true})
		require.NoError(t, err)
		require.NoError(t, Tell.Send(t.Context(), r, h.ULID, Note{"three"}))

		all, err := h.Wait(t.Context())
		require.NoError(t, err)
		at := begin.UTC()
		require.Equal(t, []Got{{"one", "ada", false, at}, {"two", "", false, at}, {"sure", "bob", true, at}, {"three", "", false, at}}, all)

		require.ErrorIs(t, Tell.Send(t.Context(), r, "c", Note{"late"}), runner.ErrClosed)
		require.ErrorIs(t, Tell.Send(t.Context(), r, "d", Note{"lost"}), runner.ErrNoRun)
		require.ErrorIs(t, Tell.Send(t.Context(), r, "", Note{"lost"}), runner.ErrNoRun)
	})
}

// TestSignalToAnIDThatPassedOn: a process that still has a run in memory, since no
// notice reaches it, sends signals to its id, which another run has by now.
func TestSignalToAnIDThatPassedOn(t *testing.T) {
	const (
		Hold  runner.Workflow[struct{}, string] = "hold"
		Count runner.Workflow[struct{}, string] = "count"
		Add   runner.Signal[int]                = "tell" // of the same name, and another type
	)
	hold := Hold.Bind(func(ctx *runner.Context, _ struct{}) (said string, err error) {
		for range 3 {
			note, err := Tell.Receive(ctx)
			if err != nil {
				return "", err
			}
			said += note.Text
		}
		return said, nil
	}, Tell)
	count := Count.Bind(func(ctx *runner.Context, _ struct{}) (said string, err error) {
		for range 3 {
			n, err := Add.Receive(ctx)
			if err != nil {
				return "", err
			}
			said += fmt.Sprint(n)
		}
		return said, nil
	}, Add)
	for workflow, send := range map[string]func(t *testing.T, r *runner.Runner, opts ...runner.SendOption) error{
		"hold": func(t *testing.T, r *runner.Runner, opts ...runner.SendOption) error {
			return Tell.Send(t.Context(), r, "h", Note{"1"}, opts...)
		},
		"count": func(t *testing.T, r *runner.Runner, opts ...runner.SendOption) error {
			return Add.Send(t.Context(), r, "h", 1, opts...)
		},
	} {
		t.Run(workflow, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := journal.NewMemory()
				mine := disk.Open()
				r, _ := serve(t, mine, hold, count)
				other, _ := serve(t, disk.Open(), hold, count)
				_, err := Hold.Start(t.Context(), r, "h", struct{}{})
				require.NoError(t, err)
				require.NoError(t, Tell.Send(t.Context(), r, "h", Note{"lost with it"}, runner.Key("k")))
				disk.Deliver(func(to *journal.MemoryStore, notice func()) {
					if to != mine {
						notice()
					}
				})
				require.NoError(t, other.TerminateRun(t.Context(), "h", "ada", ""))
				_, err = other.StartRun(t.Context(), runner.StartRequest{Workflow: workflow, ID: "h", Input: []byte("{}"), Again: true})
				require.NoError(t, err)

				require.NoError(t, send(t, r, runner.Key("k")))
				require.NoError(t, send(t, r))
				require.NoError(t, send(t, r, runner.By("ada")))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var said string
				raw, err := other.RunResult(ctx, "h")
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(raw, &said))
				require.Equal(t, "111", said)
			})
		})
	}
}

func TestSignalsWaitOnDisk(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		client, err := runner.New(store, Collect.Bind(collect, Tell))
		require.NoError(t, err)
		h, err := Collect.Start(t.Context(), client, "c", 2)
		require.NoError(t, err)
		require.NoError(t, Tell.Send(t.Context(), client, "c", Note{"one"}))
		require.NoError(t, Tell.Send(t.Context(), client, "c", Note{"two"}))

		t.Log("nobody has run it until now")
		require.NoError(t, client.Drain(t.Context()))
		all, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "one", all[0].Text)
		require.Equal(t, "two", all[1].Text)
	})
}

func TestSignalOfAnotherShapeIsRefused(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Collect.Bind(collect, Tell))
		h, err := Collect.Start(t.Context(), r, "c", 1)
		require.NoError(t, err)
		_, err = r.SignalRun(t.Context(), "c", runner.SignalRequest{Name: "tell", Payload: json.RawMessage(`["text"]`)})
		var wrong *runner.PayloadError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, `signal "tell"`, wrong.Of)
		require.ErrorContains(t, err, "payload is no runner_test.Note")

		t.Log("what nobody declared is stored as it is")
		_, err = r.SignalRun(t.Context(), "c", runner.SignalRequest{Name: "whisper", Payload: json.RawMessage(`["text"]`)})
		require.NoError(t, err)
		_, err = r.SignalRun(t.Context(), "c", runner.SignalRequest{Name: "whisper", Payload: json.RawMessage(`text`)})
		require.ErrorAs(t, err, &wrong)

		require.NoError(t, Tell.Send(t.Context(), r, "c", Note{"hello"}))
		all, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 1)
	})
}

func TestUndecodableSignalIsTaken(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		const Loose runner.Workflow[struct{}, string] = "loose"
		r, _ := serve(t, store, Loose.Bind(func(ctx *runner.Context, _ struct{}) (string, error) {
			_, wrong := Tell.Receive(ctx)
			note, err := Tell.Receive(ctx)
			return wrong.Error() + "; " + note.Text, err
		}))
		h, err := Loose.Start(t.Context(), r, "l", struct{}{})
		require.NoError(t, err)
		_, err = r.SignalRun(t.Context(), "l", runner.SignalRequest{Name: "tell", Payload: json.RawMessage(`17`)})
		require.NoError(t, err)
		require.NoError(t, Tell.Send(t.Context(), r, "l", Note{"hello"}))
		out, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Regexp(t, `^signal "tell": payload is no runner_test.Note: .*; hello$`, out)
	})
}

func TestInboxIsOnePointer(t *testing.T) {
	onStores(t, func(t *testing.T, store journal.Store) {
		const same runner.Signal[string] = "tell" // of the same name, but another type
		_, err := run(t, store, func(ctx *runner.Context) (struct{}, error) {
			inbox := Tell.Inbox(ctx)
			scope, cancel := ctx.WithCancel()
			defer cancel()
			require.Same(t, inbox, Tell.Inbox(ctx))
			require.Same(t, inbox, Tell.Inbox(scope))
			require.Same(t, inbox, Tell.Inbox(ctx.Shielded()))
			require.Same(t, same.Inbox(ctx), same.Inbox(scope))
			require.Zero(t, inbox.Len())
			return ctx.Go(func(ctx *runner.Context) error {
				require.Same(t, inbox, Tell.Inbox(ctx))
				return nil
			}).Get(ctx)
		})
		require.NoError(t, err)
	})
}

// TestAwaitedSignals: of the inboxes that a workflow has opened, only those that
// it waits for now count, in every coroutine.
func TestAwaitedSignals(t *testing.T) {
	const (
		Wait runner.Workflow[struct{}, string] = "wait"
		Yes  runner.Signal[Note]               = "yes"
		No   runner.Signal[Note]               = "no"
	)
	onStores(t, func(t *testing.T, store journal.Store) {
		r, _ := serve(t, store, Wait.Bind(func(ctx *runner.Context, _ struct{}) (string, error) {
			if _, err := Tell.Receive(ctx); err != nil {
				return "", err
			}
			other := ctx.Go(func(ctx *runner.Context) error { return ctx.Sleep(time.Hour) })
			third := ctx.Go(func(ctx *runner.Context) error {
				_, err := runner.Select(ctx, Yes.Inbox(ctx), No.Inbox(ctx), ctx.After(time.Minute))
				return err
			})
			_, err := runner.All(ctx, other, third)
			return "done", err
		}))
		h, err := Wait.Start(t.Context(), r, "w", struct{}{})
		require.NoError(t, err)
		awaited := func(event int64) []string {
			_, err := r.AwaitRun(t.Context(), h.Key, event-1)
			require.NoError(t, err)
			names, err := r.AwaitedSignals(t.Context(), h.Key)
			require.NoError(t, err)
			return names
		}
		require.Equal(t, []string{"tell"}, awaited(1))
		require.NoError(t, Tell.Send(t.Context(), r, "w", Note{}))
		require.Equal(t, []string{"no", "yes"}, awaited(2))
		require.Empty(t, awaited(3), "the minute is over")
		_, err = h.Wait(t.Context())
		require.NoError(t, err)
		require.Empty(t, awaited(4))
		_, err = r.AwaitedSignals(t.Context(), h.Key+1)
		require.ErrorIs(t, err, journal.ErrNoRun)
	})
}
