package journal

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func chained(run *Run, n int) []Event {
	events := make([]Event, n)
	sum := run.Chain().sum
	for i := range events {
		e := &events[i]
		e.Seq, e.At, e.Kind, e.Data = int64(i)+1, time.Unix(int64(i), 0), SignalReceived, json.RawMessage(`"x"`)
		Seal(sum, e)
		sum = e.Sum
	}
	return events
}

func TestChain(t *testing.T) {
	run := &Run{ID: "r", ULID: "01J0000000000000000000000A"}
	for _, c := range []struct {
		name  string
		spoil func([]Event) []Event
		good  int
	}{
		{"as it was", func(es []Event) []Event { return es }, 3},
		{"a byte of the first", func(es []Event) []Event { es[0].Data = json.RawMessage(`"y"`); return es }, 0},
		{"a byte of the last", func(es []Event) []Event { es[2].Data = json.RawMessage(`"y"`); return es }, 2},
		{"the first is gone", func(es []Event) []Event { return es[1:] }, 0},
		{"one is gone", func(es []Event) []Event { return append(es[:1:1], es[2]) }, 1},
		{"one is there twice", func(es []Event) []Event { es[2] = es[1]; return es }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := c.spoil(chained(run, 3))
			chain := run.Chain()
			good, err := chain.TakeAll(events)
			require.Equal(t, events[:c.good], good)
			require.Equal(t, int64(c.good), chain.Seq())
			if c.good == 3 {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrDamaged)
			var damage *DamageError
			require.ErrorAs(t, err, &damage)
			require.Equal(t, int64(c.good)+1, damage.Problem().Event)
			require.EqualError(t, err, "run r: event "+string(rune('1'+c.good))+" does not match its checksum, or is missing")
		})
	}
}

// TestChainSkip: what follows an event that is trusted is verified.
func TestChainSkip(t *testing.T) {
	run := &Run{ID: "r", ULID: "01J0000000000000000000000A"}
	events := chained(run, 3)
	chain := run.Chain()
	chain.Skip(0, 1)
	require.NoError(t, chain.Take(&events[0]), "there was nothing to skip")
	chain.Skip(events[1].Seq, events[1].Sum)
	require.NoError(t, chain.Take(&events[2]))
	chain.Skip(events[1].Seq, events[1].Sum+1)
	require.ErrorIs(t, chain.Take(&events[2]), ErrDamaged)
}

func TestVerifyInbox(t *testing.T) {
	run := &Run{Key: 7, ID: "r"}
	messages := []Message{{ID: 1, Kind: SignalMessage, Name: "a"}, {ID: 4, Kind: SignalMessage, Name: "b"}}
	for i := range messages {
		messages[i].Sum = messages[i].Checksum(7)
	}
	good, err := VerifyInbox(run, messages)
	require.NoError(t, err)
	require.Len(t, good, 2)
	messages[1].Name = "c"
	good, err = VerifyInbox(run, messages)
	require.ErrorIs(t, err, ErrDamaged)
	require.EqualError(t, err, "run r: message 4 in the inbox does not match its checksum")
	require.Len(t, good, 1)
}
