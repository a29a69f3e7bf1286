package chaos

import (
	"fmt"
	"slices"
	"strings"
)

// A Scenario is one thing that is done to processes while they run workflows.
type Scenario struct {
	Name     string // as --scenario takes it
	Title    string // what is done
	Promises []string

	busy bool // it keeps the machine busy: two of those at a time
	play func(*trial)
}

// Scenarios lists them, in the order of a report.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "sleep", Title: "killed while it sleeps", Promises: []string{"P4"}, play: killInSleep},
		{Name: "activity", Title: "killed during an activity", Promises: []string{"P2"}, play: killInActivity},
		{Name: "heartbeat", Title: "killed between heartbeats", Promises: []string{"P2"}, play: killBetweenHeartbeats},
		{Name: "signal-wait", Title: "killed while it waits for a signal", Promises: []string{"P3"}, play: killWhileWaiting},
		{Name: "signal-dead", Title: "a signal while nobody runs", Promises: []string{"P3"}, play: signalTheDead},
		{Name: "stop", Title: "the owner is stopped (SIGSTOP), and goes on", Promises: []string{"P5"}, play: stopOwner},
		{Name: "zombie", Title: "the owner loses its lock and lives on", Promises: []string{"P5"}, play: zombieOwner},
		{Name: "clock", Title: "the clock jumps by an hour while nobody runs", Promises: []string{"P4"}, play: clockJumps},
		{Name: "full", Title: "the disk is full for a while", Promises: []string{"P1", "P8"}, play: diskFull},
		{Name: "commit", Title: "killed before and after each commit", Promises: []string{"P1", "P2"}, busy: true, play: killAtCommits},
		{Name: "step", Title: "killed around a transactional step", Promises: []string{"P2"}, busy: true, play: killInStep},
		{Name: "points", Title: "killed at every named point", Promises: []string{"P1", "P2", "P3"}, busy: true, play: killAtPoints},
		{Name: "recovery", Title: "killed again and again while it recovers", Promises: []string{"P1", "P2"}, busy: true, play: killInRecovery},
		{Name: "takeover", Title: "one of two workers is killed", Promises: []string{"P5"}, busy: true, play: takeOver},
		{Name: "workers", Title: "both workers are killed at once", Promises: []string{"P1", "P5"}, busy: true, play: killBothWorkers},
		{Name: "suspend", Title: "a worker is asked to stop, once and twice", Promises: []string{"P1", "P2"}, busy: true, play: suspendWorkers},
		{Name: "random", Title: "one of 1 to 4 workers is killed at any time", Promises: []string{"P1", "P2", "P4"}, busy: true, play: killAtRandom},
		{Name: "timers", Title: "killed while a thousand timers are due", Promises: []string{"P4"}, busy: true, play: killAmongTimers},
		{Name: "signals", Title: "8 senders and the receiver are killed", Promises: []string{"P1", "P3"}, busy: true, play: killSenders},
		{Name: "powercut", Title: "the log is cut, as a power cut may leave it", Promises: []string{"P1", "P8"}, busy: true, play: cutPower},
		{Name: "bitflip", Title: "a bit of the file is flipped", Promises: []string{"P8"}, busy: true, play: flipBits},
	}
}

// pick returns those with the names, or all.
func pick(names []string) ([]Scenario, error) {
	all := Scenarios()
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(s Scenario) bool { return s.Name == name }) {
			var known []string
			for _, s := range all {
				known = append(known, s.Name)
			}
			return nil, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(s Scenario) bool { return !slices.Contains(names, s.Name) }), nil
}
