package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// paged is a handle on the journal that sees each read of a history.
type paged struct {
	*hooks
	page func(after int64, events []journal.Event) error
}

func (s *paged) History(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	events, err := s.hooks.History(ctx, run, after, limit)
	if err == nil {
		err = s.page(after, events)
	}
	return events, err
}

// collector takes n signals and tells how many it has.
func collector(n int) host.Binding {
	return workflow("w", func(h host.Host) (string, error) {
		box, taken := h.Mailbox("go"), ""
		h.Answer("taken", func() (json.RawMessage, error) { return json.Marshal(taken) })
		for range n {
			if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
				return "", err
			}
			taken += string(box.Pop().Payload)
		}
		return taken, nil
	})
}

// collected is a run of collector(5) with five events, in nobody's memory.
func (w *world) collected() (run int64) {
	p := w.process(Config{Bindings: []host.Binding{collector(5)}})
	run = p.start("w", "", nil)
	for i := range 4 {
		p.signal(run, "go", fmt.Sprint(i))
	}
	p.suspend()
	return run
}

// TestHistoryInPages replays a history of five events in pages of each size: for a
// query, and for the sixth event.
func TestHistoryInPages(t *testing.T) {
	for page, reads := range map[int][]int64{
		1: {0, 1, 2, 3, 4, 5}, 2: {0, 2, 4}, 3: {0, 3}, 5: {0, 5}, 6: {0},
	} {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			inWorld(t, func(w *world) {
				run := w.collected()
				var read []int64
				s := &paged{w.hooks(), func(after int64, events []journal.Event) error {
					require.LessOrEqual(w, len(events), page)
					read = append(read, after)
					return nil
				}}
				asker := mustNew(Config{Store: s, Page: page, Bindings: []host.Binding{collector(5)}})
				answer, err := asker.Query(w.Context(), run, "taken")
				require.NoError(w, err)
				require.Equal(w, `"0123"`, string(answer))
				require.Equal(w, reads, read)

				p := w.process(Config{Page: page, Bindings: []host.Binding{collector(5)}})
				p.signal(run, "go", "4")
				out, err := p.result(run)
				require.NoError(w, err)
				require.Equal(w, `"01234"`, out)
				p.suspend()
			})
		})
	}
}

// TestHistoryFails has trouble with the second page.
func TestHistoryFails(t *testing.T) {
	broken := errors.New("the disk is on fire")
	for name, trouble := range map[string]struct {
		code host.Binding
		read func(after int64, events []journal.Event) error
		want func(t require.TestingT, err error)
	}{
		"it cannot be read": {collector(5), func(after int64, _ []journal.Event) error {
			if after == 2 {
				return broken
			}
			return nil
		}, func(t require.TestingT, err error) {
			require.ErrorIs(t, err, broken)
			require.ErrorContains(t, err, "after event 2")
		}},
		"it is damaged": {collector(5), func(after int64, events []journal.Event) error {
			if after == 2 {
				events[1].Data = json.RawMessage(`"7"`)
			}
			return nil
		}, func(t require.TestingT, err error) {
			var damage *journal.DamageError
			require.ErrorAs(t, err, &damage)
			require.Equal(t, int64(4), damage.Event)
		}},
		"the code is another": {collector(2), func(int64, []journal.Event) error { return nil },
			func(t require.TestingT, err error) {
				var diverged *NondeterminismError
				require.ErrorAs(t, err, &diverged)
				require.Equal(t, int64(3), diverged.Event)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				run := w.collected()
				asker := mustNew(Config{Store: &paged{w.hooks(), trouble.read}, Page: 2, Bindings: []host.Binding{trouble.code}})
				_, err := asker.Query(w.Context(), run, "taken")
				trouble.want(w, err)
			})
		})
	}
}

// TestBothWaits: what user code does to its goroutine does not leave the other half
// behind.
func TestBothWaits(t *testing.T) {
	var ended atomic.Bool
	g, done := newGoroutines(), make(chan struct{})
	begun := make(chan struct{})
	go func() {
		defer close(done)
		g.Both(func() {
			<-begun
			ended.Store(true)
		}, func() {
			defer close(begun)
			runtime.Goexit()
		})
	}()
	<-done
	require.True(t, ended.Load())
}
