package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSuggest(t *testing.T) {
	names := []string{"approve", "reject", "list", "ls", "run", "get_status", "Mixed"}
	for word, want := range map[string]string{
		"aprove":     "approve",
		"approev":    "approve", // swapped
		"appprovee":  "approve",
		"rejcet":     "reject",
		"lits":       "list",
		"rum":        "run",
		"get-status": "get_status",
		"get_":       "get_status", // the only one that begins so
		"mixde":      "Mixed",
		"":           "",
		"x":          "",
		"zzzzzz":     "",
	} {
		t.Run(word, func(t *testing.T) {
			require.Equal(t, want, suggest(word, names))
		})
	}
	require.Empty(t, suggest("re", []string{"reject", "resume"}))
	require.Empty(t, suggest("resum", nil))
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1},
		{"abc", "abd", 1}, {"abc", "ab", 1}, {"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"ä", "a", 1},
	} {
		t.Run(c.a+"/"+c.b, func(t *testing.T) { require.Equal(t, c.want, distance(c.a, c.b)) })
	}
}

func TestDidYouMean(t *testing.T) {
	require.Equal(t, "did you mean list?", didYouMean("lits", []string{"run", "list"}))
	require.Equal(t, "there is list, run", didYouMean("zzz", []string{"run", "list", "run"}))
	require.Empty(t, didYouMean("zzz", nil))
}
