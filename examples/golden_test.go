package examples

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

var update = flag.Bool("update", false, "record the histories in testdata/golden anew")

// A golden history is one that some version of this program has written. Every
// later one must read it, find nothing wrong with it, and replay it (P7).
type golden struct {
	Workflow string           `json:"workflow"`
	ULID     string           `json:"ulid"`
	Events   []*journal.Event `json:"events"`
}

// lives are runs of the examples, one of each kind, to be recorded.
var lives = map[string]func(t *testing.T, r *runner.Runner) string{
	"durable": func(t *testing.T, r *runner.Runner) string {
		h, err := Durable.Start(t.Context(), r, "", Nap{Sleep: runner.Duration(10 * time.Second)})
		return finished(t, h, err)
	},
	"approved": func(t *testing.T, r *runner.Runner) string {
		h, err := Approval.Start(t.Context(), r, "", Request{Title: "a desk", Amount: 80})
		require.NoError(t, err)
		require.NoError(t, Approve.Send(t.Context(), r, h.ULID, Decision{Note: "looks good"}, runner.By("ada"), runner.Key("once")))
		return finished(t, h, err)
	},
	"late": func(t *testing.T, r *runner.Runner) string {
		h, err := Approval.Start(t.Context(), r, "", Request{Title: "a desk", Timeout: runner.Duration(time.Minute)})
		return finished(t, h, err)
	},
	"tour": func(t *testing.T, r *runner.Runner) string {
		h, err := Tour.Start(t.Context(), r, "", Stops{Crunch: 2, Flaky: 2, Hopeless: true})
		return finished(t, h, err)
	},
}

func finished[Out any](t *testing.T, h runner.Handle[Out], err error) string {
	t.Helper()
	require.NoError(t, err)
	_, err = h.Wait(t.Context())
	require.NoError(t, err)
	return h.ULID
}

func TestGoldenHistories(t *testing.T) {
	if *update {
		for name, live := range lives {
			recordGolden(t, filepath.Join("testdata", "golden", name+".json"), live)
		}
	}
	files, err := filepath.Glob("testdata/golden/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), len(lives))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var g golden
			require.NoError(t, json.Unmarshal(text, &g))
			store := restore(t, &g)
			for v, err := range journal.Check(t.Context(), store) {
				require.NoError(t, err)
				require.NoError(t, v)
			}
			r, err := runner.New(store, Bindings()...)
			require.NoError(t, err)
			_, err = r.QueryRun(t.Context(), g.ULID, "nothing") // is answered by a replay
			require.ErrorIs(t, err, runner.ErrUnknownQuery)
		})
	}
}

// recordGolden writes a history as the program of today makes it.
func recordGolden(t *testing.T, file string, live func(*testing.T, *runner.Runner) string) {
	inBubble(t, func(t *testing.T, db *sqlite.DB) {
		r, _ := serve(t, db)
		row, err := db.Run(t.Context(), journal.Ref{ULID: live(t, r)})
		require.NoError(t, err)
		events, err := db.History(t.Context(), row.Key, 0, 0)
		require.NoError(t, err)
		g := golden{Workflow: row.Workflow, ULID: row.ULID}
		for i := range events {
			g.Events = append(g.Events, &events[i])
		}
		text, err := json.MarshalIndent(g, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o644))
	})
}

// restore makes a journal with that one history in it, to the byte.
func restore(t *testing.T, g *golden) journal.Store {
	store := journal.NewMemory().Open()
	require.NoError(t, store.Join(t.Context(), nil))
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	run := &journal.Create{ULID: g.ULID, Workflow: g.Workflow, At: g.Events[0].At, Own: true, Phase: journal.Running}
	writes := []journal.Write{run}
	state := journal.NewState()
	for _, e := range g.Events {
		require.NoError(t, state.Apply(compact(t, e)))
		a := &journal.Append{New: run, Fence: 1, Event: *e, Phase: state.Phase()}
		if state.Status.Closed() {
			a.End, a.Phase = state.Status, ""
		}
		writes = append(writes, a)
	}
	require.NoError(t, store.Commit(writes...))
	for _, w := range writes {
		require.NoError(t, w.Refused())
	}
	return store
}

// compact undoes what indenting the file has done to the JSON in the events.
func compact(t *testing.T, e *journal.Event) *journal.Event {
	for _, raw := range []*json.RawMessage{&e.Data, &e.Note, &e.Commands} {
		if string(*raw) == "null" {
			*raw = nil
		}
		if *raw != nil {
			var b bytes.Buffer
			require.NoError(t, json.Compact(&b, *raw))
			*raw = b.Bytes()
		}
	}
	return e
}
