package runner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

func TestFind(t *testing.T) {
	r, err := runner.New(journal.NewMemory().Open(), Sum.Bind(sum), Double.Bind(double))
	require.NoError(t, err)
	ulids := map[string]string{}
	for _, id := range []string{"order-1", "order-17", "order-18", "lunch", "launch"} {
		h, err := Sum.Start(t.Context(), r, id, nil)
		require.NoError(t, err)
		ulids[id] = h.ULID
	}
	for _, c := range []struct{ by, want string }{
		{"order-1", "order-1"}, // exact beats the prefix of others
		{"order-17", "order-17"},
		{"r-17", "order-17"},
		{"laun", "launch"},
		{ulids["lunch"], "lunch"},
		{strings.ToLower(ulids["lunch"]), "lunch"},
		{ulids["lunch"][20:], "lunch"},
	} {
		t.Run(c.by, func(t *testing.T) {
			row, err := r.Find(t.Context(), c.by)
			require.NoError(t, err)
			require.Equal(t, c.want, row.ID)
		})
	}
	for _, by := range []string{"", "17", "nope", "order-19", "unch-"} {
		t.Run("not "+by, func(t *testing.T) {
			_, err := r.Find(t.Context(), by)
			require.ErrorIs(t, err, runner.ErrNoRun)
		})
	}
	t.Run("ambiguous", func(t *testing.T) {
		_, err := r.Find(t.Context(), "order")
		require.ErrorIs(t, err, runner.ErrAmbiguous)
		require.ErrorContains(t, err, "order-18, order-17, order-1")
	})
	t.Run("very ambiguous", func(t *testing.T) {
		for _, id := range []string{"tea-a", "tea-b", "tea-c", "tea-d", "tea-e", "tea-f"} {
			_, err := Sum.Start(t.Context(), r, id, nil)
			require.NoError(t, err)
		}
		_, err := r.Find(t.Context(), "tea-")
		require.EqualError(t, err, "run tea-: the id is ambiguous: tea-f, tea-e, tea-d, tea-c, tea-b, …")
	})
	t.Run("a client wants the whole id", func(t *testing.T) {
		_, err := r.RunResult(t.Context(), "order")
		require.ErrorIs(t, err, runner.ErrNoRun)
	})
}

// FuzzFind checks that an id which a run may have finds that run and no other,
// and that whatever else is asked for finds one or none.
func FuzzFind(f *testing.F) {
	for _, id := range []string{"", "order-1", "ORDER-1", "a/b:c.d_e-f", "@last", "ab", "%", "_____", "\x00", "\xff\xff\xff\xff", "-----"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		r, err := runner.New(journal.NewMemory().Open(), Sum.Bind(sum), Double.Bind(double))
		require.NoError(t, err)
		for _, other := range []string{"order-1", "order-17", id + "-2"} {
			_, _ = Sum.Start(t.Context(), r, other, nil) // a bad id is none
		}
		row, err := r.Find(t.Context(), id)
		if err != nil && !errors.Is(err, runner.ErrNoRun) {
			require.ErrorIs(t, err, runner.ErrAmbiguous)
		} else if err == nil {
			require.True(t, len(id) >= 4 || row.ID == id)
		}
		h, err := Sum.Start(t.Context(), r, id, nil)
		if err != nil {
			return
		}
		row, err = r.Find(t.Context(), h.ULID)
		require.NoError(t, err)
		require.True(t, row.ID == id || id == "" && row.ID == h.ULID)
		if id != "" {
			row, err = r.Find(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, h.ULID, row.ULID)
		}
	})
}
