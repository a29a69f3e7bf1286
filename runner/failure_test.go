package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

const (
	errFull   Failure = "full"
	errClosed Failure = "closed"
)

// journaled takes err through the journal's encoding and back, as often as it
// would be on its way up through times parents.
func journaled(t *testing.T, err error, times int) error {
	t.Helper()
	for range times {
		f := new(journal.Failure)
		require.NoError(t, json.Unmarshal(host.Marshal(err), f))
		err = call{"activity", "book"}.failure(f)
	}
	return err
}

func TestFailureSurvivesTheJournal(t *testing.T) {
	for _, c := range []struct {
		name     string
		err      error
		is       []error
		isNot    []error
		contains string
	}{
		{"bare", errFull, []error{errFull}, []error{errClosed, ErrCanceled}, "full"},
		{"wrapped", fmt.Errorf("hotel: %w", errFull), []error{errFull}, []error{errClosed}, "hotel: full"},
		{"joined", errors.Join(errFull, errors.New("other"), errClosed), []error{errFull, errClosed}, nil, "full\nother\nclosed"},
		{"two wrapped", fmt.Errorf("%w and %w", errClosed, errFull), []error{errFull, errClosed}, nil, "closed and full"},
		{"final", NonRetryable(fmt.Errorf("hotel: %w", errFull)), []error{errFull}, nil, "hotel: full"},
		{"canceled", fmt.Errorf("while waiting: %w", ErrCanceled), []error{ErrCanceled}, []error{ErrTimeout}, "while waiting: canceled"},
		{"timeout", ErrTimeout, []error{ErrTimeout}, []error{ErrCanceled}, "timed out"},
		{"plain", errors.New("connection refused"), nil, []error{errFull, ErrCanceled, ErrTimeout, nil}, "connection refused"},
		{"engine's own", &journal.Failure{Message: "the id is taken", Code: host.CodeExists}, []error{ErrExists}, []error{ErrTooLarge}, "the id is taken"},
	} {
		for _, times := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s %d", c.name, times), func(t *testing.T) {
				err := journaled(t, c.err, times)
				for _, target := range c.is {
					require.ErrorIs(t, err, target)
				}
				for _, target := range c.isNot {
					require.NotErrorIs(t, err, target)
				}
				require.ErrorContains(t, err, c.contains)
				require.ErrorContains(t, err, `activity "book"`)
			})
		}
	}
}

func TestFailureByErrorsAs(t *testing.T) {
	t.Run("failure", func(t *testing.T) {
		var f Failure
		require.ErrorAs(t, journaled(t, fmt.Errorf("hotel: %w", errFull), 2), &f)
		require.Equal(t, errFull, f)
	})
	t.Run("panic", func(t *testing.T) {
		var p *PanicError
		err := journaled(t, &journal.Failure{Message: "panic: nil map", Code: host.CodePanic, Stack: "goroutine 1"}, 2)
		require.ErrorAs(t, err, &p)
		require.Contains(t, p.Message, "panic: nil map")
		require.Equal(t, "goroutine 1", p.Stack)
	})
	t.Run("neither", func(t *testing.T) {
		err := journaled(t, errors.New("no luck"), 1)
		var f Failure
		var p *PanicError
		require.False(t, errors.As(err, &f))
		require.False(t, errors.As(err, &p))
	})
	t.Run("journal's form", func(t *testing.T) {
		var f *journal.Failure
		require.ErrorAs(t, journaled(t, NonRetryable(errFull), 1), &f)
		require.True(t, f.NonRetryable)
		require.Equal(t, []string{"full"}, f.Failures)
	})
}

func TestNonRetryable(t *testing.T) {
	require.NoError(t, NonRetryable(nil))
	err := NonRetryable(errFull)
	require.ErrorIs(t, err, errFull)
	require.EqualError(t, err, "full")
	require.True(t, host.Encode(fmt.Errorf("so: %w", err)).NonRetryable)
}
