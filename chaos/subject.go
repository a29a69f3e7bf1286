package chaos

import (
	"github.com/seed139febb4/durable/examples"
	"github.com/seed139febb4/durable/runner"
)

// Subjects are the workflows that the scenarios are about: those of package
// examples, and some that are here because an example would be no good at it.
func Subjects() []runner.Binding {
	return examples.Bindings()
}
