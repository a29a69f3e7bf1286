package chaos_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// quick is every scenario as short as it can be. The seed is another one each
// time; a failure says which.
func quick(only ...string) chaos.Options {
	return chaos.Options{Kills: 4, Duration: time.Second, Only: only}
}

// TestScenarios plays all of them: some as often as is promised for each run of
// the tests, the others as briefly as can be.
func TestScenarios(t *testing.T) {
	counts := map[string]int{"points": 3 * len(journal.Points()), "recovery": 25, "random": 20, "takeover": 20, "timers": 10, "signals": 500}
	sittings := []chaos.Options{quick("sleep", "signal-wait", "full", "random", "bitflip")}
	if !testing.Short() {
		played := 0
		sittings = []chaos.Options{quick()}
		for _, s := range chaos.Scenarios() {
			if n := counts[s.Name]; n > 0 {
				o := quick(s.Name)
				o.Kills = n
				played++
				sittings = append(sittings, o)
			} else {
				sittings[0].Only = append(sittings[0].Only, s.Name)
			}
		}
		require.Len(t, counts, played)
	}
	for _, o := range sittings {
		t.Run(strings.Join(o.Only, ","), func(t *testing.T) {
			t.Parallel()
			told := map[string]bool{}
			o.Progress = func(p chaos.Progress) { told[p.Trial] = told[p.Trial] || p.Ended }
			rep, err := chaos.Run(t.Context(), o)
			require.NoError(t, err)
			names := map[string]bool{}
			for _, s := range rep.Scenarios {
				names[s.Scenario] = true
				assert.Equal(t, chaos.Pass, s.Verdict, "%s: %s\n%s", s.Scenario, strings.Join(s.Problems, "\n"), rep.Command)
				assert.NotZero(t, s.Kills, s.Scenario)
				assert.NotZero(t, s.Runs, s.Scenario)
				assert.NotEmpty(t, s.Timeline, s.Scenario)
			}
			require.Equal(t, names, told)
			require.True(t, rep.Passed())
		})
	}
}

// TestSabotage shows that each broken promise is noticed, and where.
func TestSabotage(t *testing.T) {
	if testing.Short() {
		t.Skip("each scenario once more")
	}
	for _, c := range []struct {
		sabotage sqlite.Sabotage
		scenario string
		problem  string
	}{
		{sqlite.SyncOff, "powercut", "acknowledged before the power was cut, and is gone"},
		{sqlite.AckEarly, "commit", "no such run|was recorded, and is gone|did not end"}, // it may look for what is not there yet
		{sqlite.NoFence, "zombie", "to a run that it had lost"},
		{sqlite.NoCRC, "bitflip", "and a process went on with"},
		{sqlite.LostTimer, "clock", "run nap: context deadline exceeded"},
		{sqlite.DoubleSignal, "signal-wait", "delivers message|what it got is"},
	} {
		t.Run(string(c.sabotage), func(t *testing.T) {
			o := quick(c.scenario)
			o.Sabotage = c.sabotage
			if c.sabotage == sqlite.LostTimer {
				o.Patience = 2 * time.Second // for a timer that never comes
			}
			rep, err := chaos.Run(t.Context(), o)
			require.NoError(t, err)
			require.False(t, rep.Passed(), rep.Command)
			require.Regexp(t, c.problem, strings.Join(rep.Scenarios[0].Problems, "\n"), rep.Command)
		})
	}
	require.Len(t, sqlite.Sabotages(), 6)
}

func TestSeedRepeats(t *testing.T) {
	marks := func() string {
		o := quick("signal-dead")
		o.Seed = 7
		rep, err := chaos.Run(t.Context(), o)
		require.NoError(t, err)
		require.Contains(t, rep.Command, "--seed=7 --kills=4 --duration=1s --scenario=signal-dead")
		var all []string
		for _, m := range rep.Scenarios[0].Timeline {
			all = append(all, fmt.Sprint(m.What, m.Process, m.Text))
		}
		return strings.Join(all, "\n")
	}
	require.Equal(t, marks(), marks())
}

func TestUnknownScenario(t *testing.T) {
	_, err := chaos.Run(t.Context(), quick("sleeep"))
	require.ErrorContains(t, err, `there is no scenario "sleeep"; there are sleep, activity`)
}

// TestFolderStays plays a scenario at whose end a worker is alive: its files are
// left, and it is not.
func TestFolderStays(t *testing.T) {
	if testing.Short() {
		t.Skip("a scenario once more")
	}
	o := quick("recovery")
	o.Dir = t.TempDir()
	rep, err := chaos.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, o.Dir, rep.Dir)
	db, err := sqlite.Open(filepath.Join(o.Dir, "recovery", "scratch.db"))
	require.NoError(t, err)
	defer db.Close()
	processes, err := db.Processes(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, processes)
	for _, p := range processes {
		require.False(t, p.Live, "process %d lives", p.Number)
	}
}
