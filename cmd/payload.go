package cmd

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner/host"
)

// payload is what is sent: the word or --input, in the shape that the port
// wants. Nothing given is the zero value of that shape.
func (s *invocation) payload(c *cli.Context, port *host.Port, word []string) (json.RawMessage, error) {
	given, err := s.argument(c.String("input"))
	if err != nil {
		return nil, err
	}
	if c.IsSet("input") && len(word) > 0 {
		return nil, usagef("the payload is given twice, as a word and with --input")
	}
	if len(word) > 0 {
		given = word[0]
	}
	switch {
	case port == nil && len(word) > 0:
		return loose(given)
	case port == nil && c.IsSet("input"):
		port = &host.Port{Type: reflect.TypeFor[any]()}
	case port == nil:
		return nil, nil
	}
	f := &form{workflow: port.Name, typ: port.Type}
	if len(word) == 0 && !c.IsSet("input") {
		return f.canonical(nil)
	}
	raw, err := f.payload(given, len(word) > 0)
	if err != nil {
		err := misfit(port.Type, err, strings.TrimSpace("payload of signal "+port.Name))
		if quoted, _ := json.Marshal(given); json.Valid([]byte(given)) {
			if _, ok := f.text(string(quoted), false); ok {
				err.hint += "\nas text it is written " + shellWord(string(quoted))
			}
		}
		return nil, err
	}
	return raw, nil
}

// payload reads a signal's payload: JSON of the type, or text for a type that one
// word can express or that has a field for one. There text is quoted, or a bare
// word which is no JSON of another kind.
func (f *form) payload(given string, word bool) (json.RawMessage, error) {
	v := f.zero()
	err := strict([]byte(given), v)
	asJSON := !textual(f.typ) || strings.HasPrefix(given, `"`)
	if err == nil && (asJSON || !word) {
		return encoded(v, nil)
	}
	if text, ok := f.text(given, word); ok {
		v = f.zero()
		return encoded(v, fill(f.typ, v, text))
	}
	return nil, err
}

// text is what given says as text, if it may say any.
func (f *form) text(given string, word bool) (text string, ok bool) {
	if _, ok := f.takesWord(); !ok {
		return "", false
	}
	if f.typ.Kind() != reflect.Struct || scalar(f.typ) {
		return given, word
	}
	if json.Unmarshal([]byte(given), &text) == nil && strings.HasPrefix(strings.TrimSpace(given), `"`) {
		return text, true
	}
	object := strings.HasPrefix(strings.TrimSpace(given), "{")
	return given, word && !object && !json.Valid([]byte(given))
}

func encoded(v any, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// textual reports whether a t is text, so that a word like 5 or null means
// itself and no other JSON.
func textual(t reflect.Type) bool {
	if t == nil {
		return false
	}
	return scalar(t) && kindOf(t) == "TEXT"
}

// loose is a payload of unknown shape: JSON if it is, else text.
func loose(word string) (json.RawMessage, error) {
	if json.Valid([]byte(word)) {
		return json.RawMessage(word), nil
	}
	return json.Marshal(word)
}
