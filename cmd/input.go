package cmd

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// A form is a workflow's input as the command line sees it. A struct becomes a
// flag for each field that one word can express (or several words, for a list:
// the flag is repeated). Any other input is written as one bare word.
type form struct {
	workflow string
	typ      reflect.Type
	entries  []*entry
	elsewise []string // fields that are reachable through --input only, with the reason
}

// newForm makes the form of a workflow. taken are the flags that mean something
// else already.
func newForm(workflow string, t reflect.Type, taken []cli.Flag) *form {
	f := &form{workflow: workflow, typ: t}
	if t == nil || t.Kind() != reflect.Struct || scalar(t) {
		return f
	}
	for _, fd := range jsonFields(t) {
		names := flagNames(fd)
		switch {
		case names == nil:
			f.elsewise = append(f.elsewise, fd.name+": cannot be written as a flag")
		case slices.ContainsFunc(names, func(n string) bool { return findFlag(taken, n) != nil }):
			f.elsewise = append(f.elsewise, fmt.Sprintf("%s: --%s means something else here", fd.name, names[0]))
		case fd.asStr || !scalar(fd.typ) && !repeated(fd.typ):
			f.elsewise = append(f.elsewise, fd.name+": "+shape(fd.typ))
		default:
			f.entries = append(f.entries, &entry{field: fd})
		}
	}
	return f
}

// flags are those of the input.
func (f *form) flags() []cli.Flag {
	var flags []cli.Flag
	for _, e := range f.entries {
		names := flagNames(e.field)
		usage := e.usage
		if usage == "" {
			usage = e.name
		}
		t := e.typ
		if repeated(t) {
			t, usage = t.Elem(), usage+" (may be repeated)"
		}
		if !e.IsBoolFlag() {
			usage = "`" + kindOf(t) + "` " + usage
		}
		flags = append(flags, &cli.GenericFlag{
			Name: names[0], Aliases: names[1:], Usage: usage, DefaultText: e.def, Category: inputCategory, Value: e,
		})
	}
	return flags
}

// takesWord reports whether a bare word means something, and what.
func (f *form) takesWord() (string, bool) {
	if f.typ == nil {
		return "", false
	}
	if scalar(f.typ) {
		return kindOf(f.typ), true
	}
	if fd, ok := textField(f.typ); ok {
		return strings.ToUpper(fd.name), true
	}
	return "", false
}

// encode builds the input: the defaults, over them --input, over that the flags
// and the bare word. The result is canonical: equal inputs are equal bytes.
func (f *form) encode(input string, words []string) (json.RawMessage, error) {
	v := f.zero()
	if err := f.defaults(v); err != nil {
		return nil, err
	}
	if input != "" {
		if err := strict([]byte(input), v); err != nil {
			return nil, misfit(f.typ, err, "--input of workflow "+f.workflow)
		}
	}
	for _, e := range f.entries {
		if len(e.words) == 0 {
			continue
		}
		if err := e.negative(); err != nil {
			u := usagef("--%s: %w", flagNames(e.field)[0], err)
			u.hint = "if it is meant, --input takes it"
			return nil, u
		}
		if err := e.apply(v); err != nil {
			return nil, usagef("--%s: %w", flagNames(e.field)[0], err)
		}
	}
	if err := f.word(v, words); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// touched reports whether any flag of the input was given.
func (f *form) touched() bool {
	return slices.ContainsFunc(f.entries, func(e *entry) bool { return len(e.words) > 0 })
}

// zero is a new value to decode into; without a type, any JSON.
func (f *form) zero() any {
	if f.typ == nil {
		return new(any)
	}
	return reflect.New(f.typ).Interface()
}

func (f *form) defaults(v any) error {
	for _, e := range f.entries {
		if e.def == "" {
			continue
		}
		d := entry{field: e.field, words: []string{e.def}}
		if err := d.apply(v); err != nil {
			return fmt.Errorf("workflow %s: field %s: default: %w", f.workflow, e.name, err)
		}
	}
	return nil
}

// word fills in what stands bare on the command line.
func (f *form) word(v any, words []string) error {
	what, ok := f.takesWord()
	switch {
	case len(words) == 0:
		return nil
	case !ok:
		u := usagef("workflow %s takes no bare word, but got %s", f.workflow, quote(words[0]))
		u.hint = "its input is given by flags: run " + f.workflow + " --help lists them"
		return u
	case len(words) > 1:
		u := usagef("workflow %s takes one bare word, but got %d", f.workflow, len(words))
		u.hint = "put a " + strings.ToLower(what) + " of several words into quotation marks"
		return u
	}
	if err := fill(f.typ, v, words[0]); err != nil {
		return usagef("input of workflow %s: %w", f.workflow, err)
	}
	return nil
}

// canonical is raw in the bytes that encode would have made of it. An input that
// does not decode is no input of this workflow.
func (f *form) canonical(raw json.RawMessage) (json.RawMessage, error) {
	v := f.zero()
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, v); err != nil {
			return nil, err
		}
	}
	return json.Marshal(v)
}
