package cmd

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "order-17 für Ada ✓", "order-17 für Ada ✓"},
		{"ansi", "a\x1b[2Jb", `a\x1b[2Jb`},
		{"newline", "a\nb\r\tc", `a\nb\x0d\tc`},
		{"bell and delete", "\a\x7f", `\x07\x7f`},
		{"c1", "a\u009bb", `a\u009bb`},
		{"right to left", "a\u202eb\u2066c", `a\u202eb\u2066c`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"tag characters", "a\U000e0041", `a\U000e0041`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"invalid", "a\xffb", `a\xffb`},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, clean(c.in)) })
	}
}

func TestCleanJSON(t *testing.T) {
	for _, text := range []string{"plain", "a\u202eb", "a\u009b", "\x7f", "a\u2028", "\U000e0041 tag", "é"} {
		t.Run(text, func(t *testing.T) {
			raw := []byte(`{"k": "` + text + "\"}\n")
			got := cleanJSON(raw)
			require.False(t, dirty(strings.TrimSuffix(string(got), "\n")), "%s", got)
			var want, have any
			require.NoError(t, json.Unmarshal(raw, &want))
			require.NoError(t, json.Unmarshal(got, &have))
			require.Equal(t, want, have)
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31m")
	f.Add("\xff\u202e\ufffd")
	f.Fuzz(func(t *testing.T, s string) {
		require.False(t, dirty(clean(s)))
		if raw, err := json.Marshal(s); err == nil {
			var back, want string
			require.NoError(t, json.Unmarshal(raw, &want))
			require.NoError(t, json.Unmarshal(cleanJSON(raw), &back))
			require.Equal(t, want, back)
		}
	})
}
