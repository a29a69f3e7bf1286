package cmd

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

// An upper text spells itself in capitals: a type with its own text form.
type upper string

func (u *upper) UnmarshalText(b []byte) error { *u = upper(strings.ToUpper(string(b))); return nil }
func (u upper) MarshalText() ([]byte, error)  { return []byte(u), nil }

// A sealed value has only its own JSON form.
type sealed struct{ n int }

func (s *sealed) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.n) }
func (s sealed) MarshalJSON() ([]byte, error)  { return json.Marshal(s.n) }

type base struct {
	Name  string `json:"name"`
	Depth int    `json:"depth"`
}

type sample struct {
	base
	Name    string          `json:"name" cli:"text"` // hides that of base
	Flag    bool            `json:"flag"`
	Maybe   *bool           `json:"maybe,omitempty"`
	Small   int8            `json:"small" default:"3"`
	Whole   uint            `json:"whole_number"`
	Ratio   float32         `json:"ratio"`
	Wait    runner.Duration `json:"wait" default:"10"`
	Pause   time.Duration   `json:"pause"`
	At      time.Time       `json:"at,omitzero"`
	Own     upper           `json:"own,omitempty"`
	Tags    []string        `json:"tags,omitempty" usage:"a tag"`
	Waits   []runner.Duration
	Sealed  sealed          `json:"sealed"`
	Quoted  int             `json:"quoted,string"`
	Bytes   []byte          `json:"bytes,omitempty"`
	Any     any             `json:"any,omitempty"`
	Raw     json.RawMessage `json:"raw,omitempty"`
	Inner   base            `json:"inner"`
	DB      string          `json:"db,omitempty"`
	Odd     string          `json:"odd=name,omitempty"`
	Dash    string          `json:"-"`
	private string
}

func sampleForm() *form {
	return newForm("w", reflect.TypeFor[sample](), []cli.Flag{&cli.StringFlag{Name: "db"}})
}

func TestFormFlags(t *testing.T) {
	f := sampleForm()
	var names []string
	for _, fl := range f.flags() {
		names = append(names, fl.Names()...)
	}
	require.Equal(t, []string{"name", "depth", "flag", "maybe", "small", "whole_number", "whole-number", "ratio", "wait", "pause", "at", "own", "tags", "waits"}, names)
	require.Equal(t, []string{
		"sealed: any JSON", "quoted: whole number", "bytes: base64 text", "any: any JSON", "raw: any JSON",
		`inner: {"name": text, "depth": whole number}`, "db: --db means something else here", "odd=name: cannot be written as a flag",
	}, f.elsewise)
	require.Empty(t, sample{}.private)
}

// give puts words for a field into a form.
func give(t *testing.T, f *form, name string, words ...string) {
	t.Helper()
	for _, e := range f.entries {
		if e.name == name {
			for _, w := range words {
				require.NoError(t, e.Set(w))
			}
			return
		}
	}
	require.Failf(t, "no such field", "%s", name)
}

func TestFormEncode(t *testing.T) {
	zero := func(change func(*sample)) string {
		s := sample{Small: 3, Wait: runner.Duration(10 * time.Second)}
		change(&s)
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		return string(raw)
	}
	yes, no := true, false
	for _, c := range []struct {
		name  string
		flags map[string][]string
		input string
		words []string
		want  func(*sample)
	}{
		{"defaults", nil, "", nil, func(*sample) {}},
		{"text and bool", map[string][]string{"name": {"Ada"}, "flag": {"true"}, "maybe": {"false"}}, "", nil,
			func(s *sample) { s.Name, s.Flag, s.Maybe = "Ada", true, &no }},
		{"numbers", map[string][]string{"small": {"-128"}, "whole_number": {"7"}, "ratio": {"0.5"}, "depth": {"2"}}, "", nil,
			func(s *sample) { s.Small, s.Whole, s.Ratio, s.Depth = -128, 7, 0.5, 2 }},
		{"durations", map[string][]string{"wait": {"2d"}, "pause": {"1.5"}, "Waits": {"1", "2m"}}, "", nil,
			func(s *sample) {
				s.Wait, s.Pause = runner.Duration(48*time.Hour), 1500*time.Millisecond
				s.Waits = []runner.Duration{runner.Duration(time.Second), runner.Duration(2 * time.Minute)}
			}},
		{"time", map[string][]string{"at": {"2026-01-02T03:04:05+01:00"}}, "", nil,
			func(s *sample) { s.At = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)) }},
		{"a type of its own", map[string][]string{"own": {"a"}}, "", nil, func(s *sample) { s.Own = "A" }},
		{"a list", map[string][]string{"tags": {"a,b", " c ", ""}}, "", nil, func(s *sample) { s.Tags = []string{"a,b", " c ", ""} }},
		{"the last one counts", map[string][]string{"name": {"a", "b"}}, "", nil, func(s *sample) { s.Name = "b" }},
		{"what the library copies is nothing", map[string][]string{"name": {"a", copied}}, "", nil, func(s *sample) { s.Name = "a" }},
		{"a bare word", nil, "", []string{"Ada"}, func(s *sample) { s.Name = "Ada" }},
		{"JSON over defaults", nil, `{"small":5,"inner":{"depth":1},"sealed":4,"quoted":"6","any":[1],"db":"x","bytes":"aGk="}`, nil,
			func(s *sample) {
				s.Small, s.Inner.Depth, s.Sealed.n, s.Quoted, s.Any, s.DB, s.Bytes = 5, 1, 4, 6, []any{1.0}, "x", []byte("hi")
			}},
		{"JSON in another case", nil, `{"SMALL":5}`, nil, func(s *sample) { s.Small = 5 }},
		{"flags over JSON", map[string][]string{"small": {"6"}, "maybe": {"true"}}, `{"small":5,"flag":true,"maybe":false}`, nil,
			func(s *sample) { s.Small, s.Flag, s.Maybe = 6, true, &yes }},
		{"an empty text", map[string][]string{"name": {""}}, `{"name":"x"}`, nil, func(*sample) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := sampleForm()
			for name, words := range c.flags {
				give(t, f, name, words...)
			}
			got, err := f.encode(c.input, c.words)
			require.NoError(t, err)
			require.Equal(t, zero(c.want), string(got))

			again, err := f.canonical(got)
			require.NoError(t, err)
			require.Equal(t, string(got), string(again), "the canonical form is stable")
		})
	}
}

func TestFormRefuses(t *testing.T) {
	for _, c := range []struct {
		name, field, word, input, want string
	}{
		{"not a bool", "flag", "perhaps", "", `--flag: "perhaps" is neither true nor false`},
		{"not a number", "small", "x", "", `--small: "x" is no whole number`},
		{"half a number", "small", "1.5", "", `--small: "1.5" is no whole number`},
		{"too large", "small", "128", "", `--small: "128" does not fit into 8 bits`},
		{"negative", "whole_number", "-1", "", `--whole_number: "-1" is no whole number from 0`},
		{"no ratio", "ratio", "x", "", `--ratio: "x" is no number`},
		{"infinite", "ratio", "inf", "", `--ratio: "inf" has no JSON form`},
		{"no duration", "wait", "soon", "", `--wait: "soon" is no duration: write 10 or 10s, 500ms, 1h30m, 2d`},
		{"no duration either", "pause", "", "", `--pause: "" is no duration: write 10 or 10s, 500ms, 1h30m, 2d`},
		{"no time", "at", "noon", "", `--at: "noon" is no time: write 2006-01-02T15:04:05Z, 2006-01-02 15:04 or 2006-01-02`},
		{"one of a list", "Waits", "x", "", `--waits: "x" is no duration: write 10 or 10s, 500ms, 1h30m, 2d`},
		{"unknown field", "", "", `{"smal":1}`, `--input of workflow w: there is no field "smal"`},
		{"wrong type", "", "", `{"small":"x"}`, `--input of workflow w: field "small" is no whole number but a string`},
		{"wrong type inside", "", "", `{"inner":{"depth":true}}`, `--input of workflow w: field "inner.depth" is no whole number but a bool`},
		{"not JSON", "", "", `{small}`, `--input of workflow w: not JSON: invalid character 's' looking for beginning of object key string (character 2)`},
		{"cut off", "", "", `{"small":`, `--input of workflow w: the JSON ends too early`},
		{"twice", "", "", `{}{}`, `--input of workflow w: there is more behind the JSON document`},
		{"empty", "", "", ` `, `--input of workflow w: the JSON ends too early`},
		{"an array", "", "", `[1]`, `--input of workflow w: a JSON array does not fit `},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := sampleForm()
			if c.field != "" {
				give(t, f, c.field, c.word)
			}
			_, err := f.encode(c.input, nil)
			require.Error(t, err)
			require.Contains(t, err.Error(), c.want)
			require.Equal(t, exitUsage, exitCode(err))
		})
	}
}

func TestScalarInput(t *testing.T) {
	encode := func(typ reflect.Type, input string, words ...string) (string, error) {
		raw, err := newForm("w", typ, nil).encode(input, words)
		return string(raw), err
	}
	for _, c := range []struct {
		name  string
		typ   reflect.Type
		input string
		words []string
		want  string
		err   string
	}{
		{"text", reflect.TypeFor[string](), "", []string{"5"}, `"5"`, ""},
		{"no text", reflect.TypeFor[string](), "", nil, `""`, ""},
		{"JSON text", reflect.TypeFor[string](), `"a"`, nil, `"a"`, ""},
		{"number", reflect.TypeFor[int](), "", []string{"-5"}, "-5", ""},
		{"word over JSON", reflect.TypeFor[int](), "4", []string{"5"}, "5", ""},
		{"duration", reflect.TypeFor[runner.Duration](), "", []string{"90"}, `"1m30s"`, ""},
		{"pointer", reflect.TypeFor[*int](), "", []string{"5"}, "5", ""},
		{"not a number", reflect.TypeFor[int](), "", []string{"x"}, "", `input of workflow w: "x" is no whole number`},
		{"two words", reflect.TypeFor[string](), "", []string{"a", "b"}, "", "workflow w takes one bare word, but got 2"},
		{"a list takes no word", reflect.TypeFor[[]string](), "", []string{"a"}, "", `workflow w takes no bare word, but got "a"`},
		{"a list", reflect.TypeFor[[]string](), `["a"]`, nil, `["a"]`, ""},
		{"a struct without a text field", reflect.TypeFor[base](), "", []string{"a"}, "", `workflow w takes no bare word, but got "a"`},
		{"anything", nil, `{"b":1,"a":[null]}`, nil, `{"a":[null],"b":1}`, ""},
		{"nothing", nil, "", nil, "null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := encode(c.typ, c.input, c.words...)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestBadDefault(t *testing.T) {
	type broken struct {
		N int `json:"n" default:"many"`
	}
	_, err := newForm("w", reflect.TypeFor[broken](), nil).encode("", nil)
	require.EqualError(t, err, `workflow w: field n: default: "many" is no whole number`)
}

func TestShape(t *testing.T) {
	type tree struct {
		Left *tree             `json:"left"`
		Map  map[string][]byte `json:"map"`
		When time.Time         `json:"when"`
		Nano time.Duration     `json:"nano"`
	}
	require.Equal(t, `{"left": {"left": {"left": {"left": any JSON, "map": any JSON, "when": "2006-01-02T15:04:05Z", "nano": nanoseconds}, `+
		`"map": {text: any JSON}, "when": "2006-01-02T15:04:05Z", "nano": nanoseconds}, "map": {text: base64 text}, "when": "2006-01-02T15:04:05Z", "nano": nanoseconds}, `+
		`"map": {text: base64 text}, "when": "2006-01-02T15:04:05Z", "nano": nanoseconds}`, shape(reflect.TypeFor[tree]()))
	require.Equal(t, "any JSON", shape(nil))
	require.Equal(t, "[number]", shape(reflect.TypeFor[[]float64]()))
}

// FuzzFragment checks that what a word becomes is JSON of its type.
func FuzzFragment(f *testing.F) {
	types := []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](),
		reflect.TypeFor[runner.Duration](), reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Time](), reflect.TypeFor[*int](), reflect.TypeFor[upper](),
	}
	for _, word := range []string{"", "1", "-1", "1e99", "NaN", "10s", "2d", "9999999999d", "2006-01-02", "true", "\xff", "\"", "0x1p-2"} {
		for i := range types {
			f.Add(word, i)
		}
	}
	f.Fuzz(func(t *testing.T, word string, i int) {
		typ := types[uint(i)%uint(len(types))]
		raw, err := fragment(typ, word)
		if err != nil {
			return
		}
		require.NoError(t, json.Unmarshal(raw, reflect.New(typ).Interface()), "%q became %s", word, raw)
	})
}

// FuzzInput checks that any input either is refused, or has a stable form.
func FuzzInput(f *testing.F) {
	f.Add(`{"small":1}`)
	f.Add(`{"name":"\u202e","raw":{"a": 1}}`)
	f.Fuzz(func(t *testing.T, input string) {
		form := sampleForm()
		got, err := form.encode(input, nil)
		if err != nil {
			return
		}
		again, err := form.canonical(got)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	})
}
