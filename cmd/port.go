package cmd

import (
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/runner/host"
)

// binding is the workflow of that name in this program, nil if it has none.
func (s *invocation) binding(workflow string) *host.Binding {
	for i := range s.Bindings {
		if b := &s.Bindings[i].Binding; b.Name == workflow && b.Workflow != nil {
			return b
		}
	}
	return nil
}

// declared lists the names that a workflow declares, signals or queries.
func declared(b *host.Binding, query bool) (names []string) {
	if b == nil {
		return nil
	}
	for _, p := range b.Accepts {
		if p.Query == query {
			names = append(names, p.Name)
		}
	}
	return names
}

// port is the declared signal of that name; nil if the workflow is not of this
// program, or declares none of that name, and then what is to be noted about
// that. A name that is close to a declared one is refused.
func (s *invocation) port(workflow, name string, force bool) (_ *host.Port, note string, _ error) {
	b := s.binding(workflow)
	if b == nil {
		return nil, "", nil
	}
	for i := range b.Accepts {
		if p := &b.Accepts[i]; p.Name == name && !p.Query {
			return p, "", nil
		}
	}
	names := declared(b, false)
	if near := suggest(name, names); near != "" && !force {
		u := usagef("workflow %s declares no signal %s", workflow, quote(name))
		u.hint = fmt.Sprintf("did you mean %s? --force sends it as it is", near)
		return nil, "", u
	}
	if len(names) > 0 && !force {
		note = fmt.Sprintf("note: workflow %s declares no signal %s, only %s; it was sent anyway", workflow, quote(name), strings.Join(names, ", "))
	}
	return nil, note, nil
}
