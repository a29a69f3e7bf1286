package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// strict decodes exactly one JSON document into v and refuses unknown fields.
func strict(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the JSON ends too early")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more behind the JSON document")
	}
	return nil
}

// misfit is an error of strict in words: why the document is not a t, which it
// shows, or after a misspelt field the right one.
func misfit(t reflect.Type, err error, what string) *usageError {
	u := usagef("%s: %w", what, misfitReason(err))
	u.hint = "expected " + shape(t)
	if name, ok := unknownField(err); ok {
		if s := suggest(name, fieldNames(t)); s != "" {
			u.hint = "did you mean " + s + "?\n" + u.hint
		}
	}
	return u
}

func misfitReason(err error) error {
	var typed *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %v (character %d)", err, syntax.Offset)
	case errors.As(err, &typed) && typed.Field != "":
		return fmt.Errorf("field %q is no %s but a %s", typed.Field, shape(typed.Type), typed.Value)
	case errors.As(err, &typed):
		return fmt.Errorf("a JSON %s does not fit %s", typed.Value, shape(typed.Type))
	}
	if name, ok := unknownField(err); ok {
		return fmt.Errorf("there is no field %q", name)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// unknownField is the name in the error of a decoder that disallows them.
func unknownField(err error) (string, bool) {
	name, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	return strings.Trim(name, `"`), ok
}

// fieldNames lists the JSON names of t and of what it contains.
func fieldNames(t reflect.Type) (names []string) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] || scalar(t) {
			return
		}
		seen[t] = true
		for _, f := range jsonFields(t) {
			names = append(names, f.name)
			walk(f.typ)
		}
	}
	walk(t)
	return names
}
