package examples

import (
	"context"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Flaky fails a few times before it succeeds, or, if the case is hopeless, at
// once and for good.
const Flaky runner.Activity[Trouble, string] = "flaky"

// Failures a workflow can tell apart with errors.Is, also after a restart.
const (
	ErrBadMoment runner.Failure = "a bad moment"
	ErrHopeless  runner.Failure = "hopeless"
)

// Trouble says what goes wrong.
type Trouble struct {
	Failures int  `json:"failures"`           // attempts that fail
	Hopeless bool `json:"hopeless,omitempty"` // another attempt would change nothing
}

var flakyOptions = []runner.Option{
	runner.Attempts(10),
	runner.Backoff{Initial: 100 * time.Millisecond, Factor: 1.5, Cap: 2 * time.Second},
}

func flaky(ctx context.Context, t Trouble) (string, error) {
	if t.Hopeless {
		return "", runner.NonRetryable(ErrHopeless)
	}
	if n := runner.Attempt(ctx); n <= t.Failures {
		return "", fmt.Errorf("%w, number %d of %d", ErrBadMoment, n, t.Failures)
	}
	return fmt.Sprintf("succeeded on attempt %d", t.Failures+1), nil
}
