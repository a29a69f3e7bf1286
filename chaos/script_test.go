package chaos_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
)

func TestParseScript(t *testing.T) {
	lines, err := chaos.ParseScript("\ufeff# who decides\r\n\n" +
		"10 approve\r\n" +
		"  1.5s\tapprove \t looks good  \n" +
		"@2 reject {\"note\": \"too dear\"}\n" +
		"0s raise 5")
	require.NoError(t, err)
	require.Equal(t, []chaos.Line{
		{Number: 3, After: 10 * time.Second, Signal: "approve"},
		{Number: 4, After: 1500 * time.Millisecond, Signal: "approve", Text: "looks good", Payload: json.RawMessage(`"looks good"`)},
		{Number: 5, Event: 2, Signal: "reject", Text: `{"note": "too dear"}`, Payload: json.RawMessage(`{"note": "too dear"}`)},
		{Number: 6, Signal: "raise", Text: "5", Payload: json.RawMessage("5")},
	}, lines)
	lines, err = chaos.ParseScript("\n# nothing\n")
	require.NoError(t, err)
	require.Empty(t, lines)
}

func TestParseScriptRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"approve", `script, line 1: "approve" names no signal`},
		{"\n\nsoon approve", `script, line 3: "soon" is neither a time since the start (10, 1.5s, 2m) nor @ and the number of an event`},
		{"-1s approve", `script, line 1: "-1s" is neither a time`},
		{"@0 approve", `script, line 1: "@0" is not @ and the number of an event, from 1`},
		{"@two approve", `"@two" is not @ and`},
		{"@ approve", `"@" is not @ and`},
		{"@99999999999999999999 approve", `is not @ and`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := chaos.ParseScript(c.text)
			require.ErrorContains(t, err, c.want)
			var bad *chaos.ScriptError
			require.ErrorAs(t, err, &bad)
			require.Contains(t, bad.Hint(), "@2 approve looks good")
		})
	}
}

// FuzzParseScript checks that what is read can be written down and read again.
func FuzzParseScript(f *testing.F) {
	f.Add("10 approve")
	f.Add("@2 approve looks good\n# x\n1h30m raise {\"a\": [1]}")
	f.Add("@1 a \xff")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := chaos.ParseScript(text)
		if err != nil {
			require.Empty(t, lines)
			return
		}
		for _, l := range lines {
			require.True(t, len(l.Payload) == 0 || json.Valid(l.Payload))
			when := l.After.String()
			if l.Event > 0 {
				when = fmt.Sprintf("@%d", l.Event)
			}
			again, err := chaos.ParseScript(when + " " + l.Signal + " " + l.Text)
			require.NoError(t, err)
			l.Number = 1
			require.Equal(t, []chaos.Line{l}, again)
		}
	})
}
