package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestDivergenceNamed: of two payloads the part is named in which they differ,
// wherever that is.
func TestDivergenceNamed(t *testing.T) {
	step := func(data string) *journal.Command {
		return &journal.Command{Kind: journal.RunStep, Op: 1, Name: "pay", Data: json.RawMessage(data)}
	}
	long := strings.Repeat("ä", 500)
	for _, c := range []struct{ name, recorded, asked, wantRecorded, wantAsked string }{
		{"short", `{"a":1}`, `{"a":2}`, `{"a":1}`, `{"a":2}`},
		{"none", ``, `1`, `no input`, `1`},
		{"long, at once", "1" + long, "2" + long, "1" + strings.Repeat("ä", 59) + "…", "2" + strings.Repeat("ä", 59) + "…"},
		{"long, far in", long + "1" + long, long + "2" + long,
			"…" + strings.Repeat("ä", 20) + "1" + strings.Repeat("ä", 38) + "…", "…" + strings.Repeat("ä", 20) + "2" + strings.Repeat("ä", 38) + "…"},
		{"one goes on", long, long + "2", "…" + strings.Repeat("ä", 20), "…" + strings.Repeat("ä", 20) + "2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := &NondeterminismError{Event: 3, Recorded: step(c.recorded), Asked: step(c.asked)}
			p := err.Problem()
			require.Equal(t, "step pay (operation 1) with "+c.wantRecorded, p.Recorded)
			require.Equal(t, "step pay (operation 1) with "+c.wantAsked, p.Asked)
			require.Contains(t, p.Message, p.Recorded)
			require.Contains(t, p.Message, p.Asked)
		})
	}
}
