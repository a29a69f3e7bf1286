package engine

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// someCommands are much alike, and begin with one another.
func someCommands(t *rapid.T, label string) []journal.Command {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) journal.Command {
		c := journal.Command{
			Kind:  rapid.SampledFrom([]journal.CommandKind{journal.RunActivity, journal.RunStep, journal.StartTimer}).Draw(t, "kind"),
			Op:    rapid.SampledFrom([]int64{0, 1, 11}).Draw(t, "op"),
			Name:  rapid.SampledFrom([]string{"", "a", "ab", "a\"b", `a","where":"b`}).Draw(t, "name"),
			Data:  rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage("1"), json.RawMessage("12"), json.RawMessage(`{"where":"x"}`)}).Draw(t, "data"),
			For:   rapid.SampledFrom([]time.Duration{0, 1, 12}).Draw(t, "for"),
			Where: rapid.SampledFrom([]string{"", "w/code.go:1", "w/code\".go:1"}).Draw(t, "where"),
		}
		if rapid.IntRange(0, 9).Draw(t, "end") == 0 {
			c.Unread = []int64{3}
		}
		return c
	}), 0, 3).Draw(t, label)
}

// TestExpected: what a replay takes for the command that it expects is the same one,
// and whatever differs has its place.
func TestExpected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was := someCommands(t, "recorded")
		asked := slices.Clone(was)
		if rapid.Bool().Draw(t, "others") {
			asked = someCommands(t, "asked")
		}
		e := &journal.Event{Seq: 7}
		if len(was) > 0 {
			e.Commands = journal.AppendCommands(nil, was)
		}
		var rec recorded
		rec.begin(e)
		quick := true
		for i := range asked {
			c := &asked[i]
			c.Where, c.Unread = "", nil
			if !rec.matches(c) {
				c.Where, quick = "here", false
			}
			quick = quick && len(was[i].Unread) == 0
		}
		differ := -1
		for i := range max(len(was), len(asked)) {
			if i >= len(was) || i >= len(asked) || !sameCommand(&was[i], &asked[i]) {
				differ = i
				break
			}
		}
		err := compare(e, &rec, asked)
		if differ < 0 {
			require.NoError(t, err)
			return
		}
		var diverged *NondeterminismError
		require.ErrorAs(t, err, &diverged)
		require.False(t, quick && len(was) == len(asked))
		if differ < len(asked) {
			require.Equal(t, "here", diverged.Asked.Where)
			require.True(t, sameCommand(&asked[differ], diverged.Asked))
		} else {
			require.Nil(t, diverged.Asked)
		}
		if differ < len(was) {
			require.Equal(t, was[differ].Where, diverged.Recorded.Where)
		} else {
			require.Nil(t, diverged.Recorded)
		}
	})
}

// TestExpectedIsQuick: a replay of the same code does not decode what is recorded.
func TestExpectedIsQuick(t *testing.T) {
	was := []journal.Command{
		{Kind: journal.RunActivity, Op: 1, Name: "a", Data: json.RawMessage("1"), Where: "w/code.go:1"},
		{Kind: journal.CancelOp, Op: 1},
		{Kind: journal.StartTimer, Op: 2, For: time.Hour, Where: "w/code.go:2"},
	}
	e := &journal.Event{Commands: journal.AppendCommands(nil, was)}
	var rec recorded
	rec.begin(e)
	for i := range was {
		c := was[i]
		c.Where = ""
		require.True(t, rec.matches(&c))
	}
	require.NoError(t, compare(e, &rec, was))
	require.False(t, rec.decoded)
}
