package chaos

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// A Target is a workflow that is put on trial, and what it needs to come to its
// end by itself.
type Target struct {
	Bindings []runner.Binding // of the program
	Workflow string
	Input    json.RawMessage // empty: null
	Script   []Line          // the signals that it is sent
	Pairs    int             // how many pairs of kills are tried, beside every single one
}

// defaultPatience is how long a workflow may take undisturbed.
const defaultPatience = time.Minute

func (o *Options) patience() time.Duration { return cmp.Or(o.Duration, defaultPatience) }

// A Refusal says why a workflow cannot be put on trial.
type Refusal struct {
	Why  error
	Todo string // what to do about it
}

func (r *Refusal) Error() string { return r.Why.Error() }
func (r *Refusal) Unwrap() error { return r.Why }
func (r *Refusal) Hint() string  { return r.Todo }

// ErrWaits marks a Refusal of a workflow that waits for what does not come: a
// signal that no script sends, or a timer that is far away.
var ErrWaits = errors.New("it waits")

// A waiting is such a wait.
type waiting struct{ text string }

func (w waiting) Error() string        { return w.text }
func (w waiting) Is(target error) bool { return target == ErrWaits }

func refuse(todo, format string, args ...any) error {
	return &Refusal{Why: fmt.Errorf(format, args...), Todo: todo}
}
