package cmd

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/host"
)

func (s *invocation) workflowsCommand() *cli.Command {
	return &cli.Command{
		Name: "workflows", Usage: "list the workflows: inputs, signals and queries",
		Description: `In a pipe: name, input, signals, queries, separated by tabs. As JSON also the activities.`,
		Action: func(c *cli.Context) error {
			if _, err := words(c, 0, 0); err != nil {
				return err
			}
			if !s.out.text() {
				return list(s.out, s.bindings(), nil, nil)
			}
			var rows []bindingJSON
			for _, b := range s.bindings() {
				if b.Kind == "workflow" {
					rows = append(rows, b)
				}
			}
			return list(s.out, rows, []string{"WORKFLOW", "INPUT", "SIGNALS", "QUERIES"}, func(b bindingJSON) []cell {
				return []cell{same(b.Name), wrapped(b.Input), same(portNames(b.Signals)), same(portNames(b.Queries))}
			})
		},
	}
}

// A bindingJSON is a name this program can run.
type bindingJSON struct {
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Input   string     `json:"input"`
	Result  string     `json:"result"`
	Signals []portJSON `json:"signals,omitempty"`
	Queries []portJSON `json:"queries,omitempty"`
}

type portJSON struct {
	Name  string `json:"name"`
	Shape string `json:"shape"`
}

func (s *invocation) bindings() (list []bindingJSON) {
	for _, b := range s.Bindings {
		list = append(list, describeBinding(b))
	}
	return list
}

func describeBinding(b runner.Binding) bindingJSON {
	j := bindingJSON{Name: b.Name, Kind: b.Kind(), Input: shape(b.In), Result: shape(b.Out)}
	for _, p := range b.Accepts {
		if p.Query {
			j.Queries = append(j.Queries, describePort(p))
		} else {
			j.Signals = append(j.Signals, describePort(p))
		}
	}
	return j
}

func describePort(p host.Port) portJSON { return portJSON{p.Name, shape(p.Type)} }

func portNames(ports []portJSON) string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
