package cmd_test

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/sqlite"
)

// TestChaosNotices: a trial of a workflow goes wrong if the journal breaks a
// promise.
func TestChaosNotices(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("kill")
	}
	shopPath, err := exec.LookPath("shop") // as the scripts find it
	require.NoError(t, err)
	lines, err := chaos.ParseScript("@2 raise 5")
	require.NoError(t, err)
	for _, c := range []struct {
		sabotage sqlite.Sabotage
		want     string
	}{
		{"", ""},
		{sqlite.DoubleSignal, "P3: "},
	} {
		t.Run(string(c.sabotage), func(t *testing.T) {
			r, err := chaos.Workflow(t.Context(), chaos.Options{Program: []string{shopPath}, Dir: t.TempDir(), Seed: 1, Sabotage: c.sabotage},
				chaos.Target{Bindings: shop(), Workflow: "drift", Script: lines})
			require.NoError(t, err)
			require.Len(t, r.Boundaries, 8)
			var problems []string
			for _, b := range r.Boundaries {
				require.True(t, b.Killed || c.sabotage != "", b.Label())
				problems = append(problems, b.Problems...)
			}
			require.Equal(t, c.want == "", r.Passed(), "%v", problems)
			require.Contains(t, strings.Join(problems, "\n"), c.want)
		})
	}
}

// TestChaosRefusesPrograms: a binary that is not there, and one that is something
// else.
func TestChaosRefusesPrograms(t *testing.T) {
	for program, want := range map[string]string{
		"/nowhere/shop": "start /nowhere/shop: ",
		"true":          "true did not run the workflow when it was started with the arguments of run: it said nothing",
	} {
		t.Run(program, func(t *testing.T) {
			if _, err := exec.LookPath(program); err != nil && program == "true" {
				t.Skip(err)
			}
			_, err := chaos.Workflow(t.Context(), chaos.Options{Program: []string{program}, Dir: t.TempDir()},
				chaos.Target{Bindings: shop(), Workflow: "double"})
			require.ErrorContains(t, err, want)
			var refusal *chaos.Refusal
			require.ErrorAs(t, err, &refusal)
			require.NotEmpty(t, refusal.Hint())
		})
	}
}
