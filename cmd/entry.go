package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed139febb4/durable/runner"
)

// An entry is a field of an input and the words given for it. It is the value
// of the field's flag.
type entry struct {
	field
	words []string
}

// copied is what the library sets a flag's other names to once it has read the
// line. They share the entry, so that is nothing new.
const copied = "\x00copied"

func (e *entry) String() string    { return "" }
func (e *entry) Serialize() string { return copied }

// IsBoolFlag reports whether the flag may stand without a value.
func (e *entry) IsBoolFlag() bool { return kindOf(e.typ) == "BOOL" }

func (e *entry) Set(word string) error {
	if word != copied {
		e.words = append(e.words, word)
	}
	return nil
}

// negative refuses lengths of time below zero: a slip, as a rule. One that is
// meant can be given with --input.
func (e *entry) negative() error {
	t := e.typ
	if repeated(t) {
		t = t.Elem()
	}
	if kindOf(t) != "DURATION" {
		return nil
	}
	for _, w := range e.words {
		if d, err := runner.ParseDuration(w); err == nil && d < 0 {
			return fmt.Errorf("%s is negative", quote(w))
		}
	}
	return nil
}

// apply decodes the words into v, a pointer to the struct that has the field. Of
// several words the last one counts, but for a list.
func (e *entry) apply(v any) error {
	list, t := repeated(e.typ), e.typ
	if list {
		t = t.Elem()
	}
	parts := make([][]byte, 0, len(e.words))
	for _, w := range e.words {
		raw, err := fragment(t, w)
		if err != nil {
			return err
		}
		parts = append(parts, raw)
	}
	raw := parts[len(parts)-1]
	if list {
		raw = slices.Concat([]byte("["), bytes.Join(parts, []byte(",")), []byte("]"))
	}
	key, err := json.Marshal(e.name)
	if err != nil {
		return err
	}
	return json.Unmarshal(slices.Concat([]byte("{"), key, []byte(":"), raw, []byte("}")), v)
}

// fill puts one word into v, a pointer to a t: into a scalar itself, or into the
// text field of a struct.
func fill(t reflect.Type, v any, word string) error {
	if t != nil && scalar(t) {
		raw, err := fragment(t, word)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, v)
	}
	fd, ok := textField(t)
	if !ok {
		return fmt.Errorf("%s is text, expected %s", quote(word), shape(t))
	}
	return (&entry{field: fd, words: []string{word}}).apply(v)
}

// textField is the field that a bare word fills: the one tagged cli:"text".
func textField(t reflect.Type) (field, bool) {
	if t == nil || t.Kind() != reflect.Struct {
		return field{}, false
	}
	for _, fd := range jsonFields(t) {
		if fd.text && scalar(fd.typ) {
			return fd, true
		}
	}
	return field{}, false
}
