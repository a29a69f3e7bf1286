package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// A call is what a payload or an error belongs to, for messages.
type call struct{ kind, name string }

func (c call) String() string {
	if c.name == "" {
		return c.kind
	}
	return fmt.Sprintf("%s %q", c.kind, c.name)
}

// wrap says which call ended with err. The zero call adds nothing.
func (c call) wrap(err error) error {
	if c == (call{}) {
		return err
	}
	return fmt.Errorf("%s: %w", c, err)
}

// A PayloadError says that a value is not what the code at hand expects: an
// input, a result, a signal's payload or a query's answer that does not decode
// into its Go type, or a Go value that has no JSON form.
type PayloadError struct {
	Of   string       // activity "process"
	Part string       // input, result, payload, answer
	Type reflect.Type // what was expected
	Err  error        // what encoding/json says
}

func (e *PayloadError) Error() string {
	return fmt.Sprintf("%s: %s is no %s: %v", e.Of, e.Part, e.Type, e.Err)
}

func (e *PayloadError) Unwrap() error { return e.Err }

// encode returns v as the compact JSON that the journal holds. A
// [json.RawMessage] is checked and compacted.
func encode[T any](v T, of call, part string) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, &PayloadError{of.String(), part, reflect.TypeFor[T](), err}
	}
	return raw, nil
}

// decode is the way back. Nothing at all is the zero value.
func decode[T any](raw json.RawMessage, of call, part string) (v T, err error) {
	if len(raw) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, &PayloadError{of.String(), part, reflect.TypeFor[T](), err}
	}
	return v, nil
}

// normal is raw as the journal stores it, if it decodes into t.
func normal(raw json.RawMessage, of call, part string, t reflect.Type) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("null"), nil
	}
	err := json.Unmarshal(raw, reflect.New(t).Interface())
	if err == nil && !utf8.Valid(raw) {
		err = errors.New("not UTF-8")
	}
	if err != nil {
		return nil, &PayloadError{of.String(), part, t, err}
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, raw) // it is valid JSON
	return compact.Bytes(), nil
}
