package cmd

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

// examples are command lines for help, without the program's name, about what
// this program has. Its words have no spaces.
func (s *invocation) examples(path []*cli.Command) []string {
	flow, signal, query := s.specimen()
	all := map[string][]string{
		"":           {"run " + flow, "list", "show @last"},
		"run":        {"run " + flow, "run " + flow + " --id first --detach", "run " + flow + " --help"},
		"list":       {"list --status unfinished", "list --since 2h --json"},
		"show":       {"show @last", "show @last:" + flow + " --follow"},
		"result":     {"result @last", "result @last --wait --timeout 1m"},
		"cancel":     {"cancel @last --reason mistaken"},
		"terminate":  {"terminate @last --reason mistaken"},
		"resume":     {"resume", "resume @last"},
		"worker":     {"worker", "worker --concurrency 4"},
		"chaos":      {"chaos --report chaos.html", "chaos --scenario random --kills 500", "chaos " + flow},
		"workflows":  {"workflows", "workflows --json"},
		"doctor":     {"doctor", "doctor --db copy.db"},
		"backup":     {"backup copy.db"},
		"completion": {"completion bash"},
		"version":    {"version"},
		"help":       {"help run", "help run " + flow, "help " + exitTopic},
	}
	if signal != "" {
		all["signal"] = []string{"signal @last:" + signal, "signal @last:" + signal + " --by ada"}
	}
	if query != "" {
		all["query"] = []string{"query @last:" + query}
	}
	if len(path) == 2 {
		return s.inputExamples(path[0].Name, path[1].Name)
	}
	if len(path) == 1 {
		return all[path[0].Name]
	}
	return all[""]
}

// specimen finds a workflow, one with a signal and one with a query, with their
// names.
func (s *invocation) specimen() (flow, signal, query string) {
	for i := range s.Bindings {
		b := &s.Bindings[i]
		if b.Workflow == nil {
			continue
		}
		if flow == "" {
			flow = b.Name
		}
		if names := declared(&b.Binding, false); len(names) > 0 && signal == "" {
			signal = b.Name + " " + names[0]
		}
		if names := declared(&b.Binding, true); len(names) > 0 && query == "" {
			query = b.Name + " " + names[0]
		}
	}
	return cmp.Or(flow, "WORKFLOW"), signal, query
}

// inputExamples show how run, or chaos, is given the input of a workflow.
func (s *invocation) inputExamples(command, workflow string) []string {
	line := command + " " + workflow
	f := newForm(workflow, s.binding(workflow).In, append(globals(), ownRunFlags()...))
	given := ""
	if f.typ != nil && scalar(f.typ) {
		given = " " + specimenOf(f.typ)
	}
	if i := slices.IndexFunc(f.entries, func(e *entry) bool { return e.text }); i >= 0 {
		given = " " + f.entries[i].specimen()
	} else if len(f.entries) > 0 {
		e := f.entries[0]
		given = " --" + flagNames(e.field)[0]
		if !e.IsBoolFlag() {
			given += " " + e.specimen()
		}
	}
	more := " --id first --detach"
	if command == "chaos" {
		more = " --report chaos.html"
		if len(declared(s.binding(workflow), false)) > 0 {
			given += " --script signals.txt"
		}
	}
	return []string{line + given, line + given + more}
}

// specimen is a value that the field could have: its default, if that is a word.
func (e *entry) specimen() string {
	if e.def != "" && !strings.ContainsAny(e.def, " \t'\"$&|;<>(){}*?\\`") {
		return e.def
	}
	t := e.typ
	if repeated(t) {
		t = t.Elem()
	}
	return specimenOf(t)
}

func specimenOf(t reflect.Type) string {
	return map[string]string{"DURATION": "10s", "TIME": "2026-05-01", "TEXT": "something", "BOOL": "true", "NUMBER": "1.5", "N": "3"}[kindOf(t)]
}

// workflowRows are the workflows, each with what its input takes.
func (s *invocation) workflowRows() (rows [][2]string) {
	for i := range s.Bindings {
		if b := &s.Bindings[i]; b.Workflow != nil {
			rows = append(rows, [2]string{b.Name, s.inputInWords(b)})
		}
	}
	return rows
}

// inputInWords names the fields of an input, and says what the field is for if
// there is only one.
func (s *invocation) inputInWords(b *runner.Binding) string {
	f := newForm(b.Name, b.In, append(globals(), ownRunFlags()...))
	word, bare := f.takesWord()
	if bare && len(f.entries) == 0 {
		return "takes " + word
	}
	var parts []string
	for _, flag := range f.flags() {
		part := "--" + flag.Names()[0]
		if d, ok := flag.(cli.DocGenerationFlag); ok && len(f.entries) == 1 {
			_, usage := splitUsage(d.GetUsage())
			part += ": " + usage
		}
		parts = append(parts, part)
	}
	switch {
	case len(parts) > 0:
		return "takes " + strings.Join(parts, ", ")
	case b.In == nil || b.In.Kind() == reflect.Struct && len(jsonFields(b.In)) == 0:
		return "takes no input"
	}
	return "takes --input " + shape(b.In)
}
