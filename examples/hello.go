package examples

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/runner"
)

// Hello is the smallest workflow with something to remember.
const Hello runner.Workflow[Greeting, string] = "hello"

// A Greeting says whom to greet.
type Greeting struct {
	Name string `json:"name" usage:"whom to greet" default:"world" cli:"text"`
}

func hello(ctx *runner.Context, in Greeting) (string, error) {
	return runner.Step(ctx, "greet", func(context.Context) (string, error) {
		return fmt.Sprintf("Hello, %s!", in.Name), nil
	})
}
