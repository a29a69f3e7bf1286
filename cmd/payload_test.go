package cmd

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
)

type decision struct {
	Note   string `json:"note,omitempty" cli:"text"`
	Amount int    `json:"amount,omitempty"`
}

func TestPayload(t *testing.T) {
	for _, c := range []struct {
		name  string
		typ   reflect.Type
		given string
		word  bool
		want  string
		err   string
	}{
		{"text fills the text field", reflect.TypeFor[decision](), "looks good", true, `{"note":"looks good"}`, ""},
		{"a number as text", reflect.TypeFor[decision](), "5", true, "", "json: cannot unmarshal number into Go value of type cmd.decision"},
		{"a bool as text", reflect.TypeFor[decision](), "true", true, "", "json: cannot unmarshal bool into Go value of type cmd.decision"},
		{"a list as text", reflect.TypeFor[decision](), "[1]", true, "", "json: cannot unmarshal array into Go value of type cmd.decision"},
		{"JSON text", reflect.TypeFor[decision](), `"5"`, true, `{"note":"5"}`, ""},
		{"JSON text not as a word", reflect.TypeFor[decision](), `"5"`, false, `{"note":"5"}`, ""},
		{"a quotation", reflect.TypeFor[decision](), `"good", she said`, true, `{"note":"\"good\", she said"}`, ""},
		{"an object", reflect.TypeFor[decision](), ` {"amount": 5}`, true, `{"amount":5}`, ""},
		{"null", reflect.TypeFor[decision](), "null", true, `{}`, ""},
		{"a misshapen object", reflect.TypeFor[decision](), `{"amont": 5}`, true, "", `json: unknown field "amont"`},
		{"half an object", reflect.TypeFor[decision](), `{"amount"`, true, "", "the JSON ends too early"},
		{"not a word", reflect.TypeFor[decision](), "looks good", false, "", "invalid character 'l' looking for beginning of value"},
		{"plain text", reflect.TypeFor[string](), "null", true, `"null"`, ""},
		{"quoted text", reflect.TypeFor[string](), `"a b"`, true, `"a b"`, ""},
		{"a number that is text", reflect.TypeFor[string](), "5", true, `"5"`, ""},
		{"a brace that is text", reflect.TypeFor[string](), "{x", true, `"{x"`, ""},
		{"a number", reflect.TypeFor[int](), "5", true, `5`, ""},
		{"no number", reflect.TypeFor[int](), "five", true, "", `"five" is no whole number`},
		{"seconds", reflect.TypeFor[runner.Duration](), "90", true, `"1m30s"`, ""},
		{"a duration", reflect.TypeFor[runner.Duration](), "2d", true, `"48h"`, ""},
		{"a list", reflect.TypeFor[[]int](), "[1, 2]", true, `[1,2]`, ""},
		{"no list", reflect.TypeFor[[]int](), "1", true, "", "json: cannot unmarshal number into Go value of type []int"},
		{"a bool", reflect.TypeFor[bool](), "true", true, "true", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &form{workflow: "s", typ: c.typ}
			got, err := f.payload(c.given, c.word)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestLoosePayload(t *testing.T) {
	for given, want := range map[string]string{
		"looks good": `"looks good"`, "5": "5", `{"a":1}`: `{"a":1}`, "{": `"{"`, "": `""`,
	} {
		t.Run(given, func(t *testing.T) {
			got, err := loose(given)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		})
	}
}

// FuzzPayload checks that what is given for a signal is refused, or becomes JSON
// of its type in a form that is given on unchanged.
func FuzzPayload(f *testing.F) {
	types := []reflect.Type{
		reflect.TypeFor[decision](), reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[runner.Duration](), reflect.TypeFor[[]int](),
		reflect.TypeFor[map[string]any](), reflect.TypeFor[any](), reflect.TypeFor[*decision](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[time.Time](),
	}
	for _, given := range []string{"", "looks good", "5", `"5"`, `{"amount":5}`, `{"amount"`, "null", "[1,2]", "2d", "\xff", "{x", "1e400", `"\ud800"`} {
		for i := range types {
			f.Add(given, i, true)
		}
	}
	f.Fuzz(func(t *testing.T, given string, i int, word bool) {
		form := &form{workflow: "s", typ: types[uint(i)%uint(len(types))]}
		raw, err := form.payload(given, word)
		if err != nil {
			return
		}
		again, err := form.payload(string(raw), false)
		require.NoError(t, err, "%s", raw)
		require.Equal(t, string(raw), string(again))
		raw, err = loose(given)
		require.NoError(t, err)
		require.True(t, json.Valid(raw))
	})
}
