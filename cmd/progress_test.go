package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

func TestProgress(t *testing.T) {
	for beat, want := range map[string]string{
		"":              "",
		"null":          "",
		"12":            "12",
		`"half\u001b"`:  `half\x1b`,
		"[1,2]":         "[1,2]",
		"{}":            "",
		`{"a":{"b":1}}`: `{"a":{"b":1}}`,
		`{"units":12,"sum":"kzZ5Rl9HcGJmMWRiNjVkY2E2ZjA3"}`: "units 12",
		`{"done":3,"of":7,"bad":null,"ok":true}`:            "done 3, of 7, ok true",
	} {
		require.Equal(t, want, progress(json.RawMessage(beat)), beat)
	}
}

// TestHeartbeats: what a long step has last said stands in the line that is
// redrawn, and after a crash in the header.
func TestHeartbeats(t *testing.T) {
	var h history
	h.add(0, journal.Started, 0, "", "", journal.Note{}, activity(1, "crunch"))
	v := &view{screen: &screen{w: new(bytes.Buffer), live: true}, state: journal.NewState(), open: true}
	require.NoError(t, v.skip(h))
	v.beats = func() (map[int64]json.RawMessage, error) {
		return map[int64]json.RawMessage{1: json.RawMessage(`{"units":12}`)}, nil
	}
	require.NoError(t, v.tick(after(3)))
	require.Equal(t, "   0.0s  run    crunch           3.0s  units 12", v.screen.status)
	state, err := journal.Fold(h)
	require.NoError(t, err)
	require.Equal(t, []string{"0 steps replayed", "1 run again (crunch from its heartbeat units 12)"}, costs(state, v.beat, after(5)))

	errGone := errors.New("gone")
	v.beats = func() (map[int64]json.RawMessage, error) { return nil, errGone }
	require.ErrorIs(t, v.tick(after(4)), errGone)
}
