package cmd

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/seed139febb4/durable/runner"
)

var (
	typeStdDuration = reflect.TypeFor[time.Duration]()
	typeTime        = reflect.TypeFor[time.Time]()
	typeText        = reflect.TypeFor[encoding.TextUnmarshaler]()
	typeJSON        = reflect.TypeFor[json.Unmarshaler]()
	typeDuration    = reflect.TypeFor[runner.Duration]()
)

// scalar reports whether a value of type t can be written as one word.
func scalar(t reflect.Type) bool {
	if t == typeStdDuration || reflect.PointerTo(t).Implements(typeText) {
		return true
	}
	if reflect.PointerTo(t).Implements(typeJSON) {
		return false
	}
	switch t.Kind() {
	case reflect.Pointer:
		return scalar(t.Elem())
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	}
	return false
}

// repeated reports whether t is a list whose elements can be written as one
// word each. Bytes are not: their JSON form is one text.
func repeated(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && scalar(t.Elem()) &&
		!reflect.PointerTo(t).Implements(typeJSON)
}

// fragment turns one word into the JSON of a value of type t, a scalar. The
// error says what was expected.
func fragment(t reflect.Type, word string) (json.RawMessage, error) {
	for t.Kind() == reflect.Pointer && !t.Implements(typeText) {
		t = t.Elem()
	}
	switch {
	case t == typeStdDuration:
		d, err := runner.ParseDuration(word)
		if err != nil {
			return nil, err
		}
		return json.RawMessage(strconv.FormatInt(int64(d), 10)), nil
	case t == typeTime:
		at, err := parseTime(word)
		if err != nil {
			return nil, err
		}
		return json.Marshal(at)
	case reflect.PointerTo(t).Implements(typeText):
		return custom(t, word)
	}
	return basic(t, word)
}

// custom asks the type itself, as JSON would.
func custom(t reflect.Type, word string) (json.RawMessage, error) {
	v := reflect.New(t)
	if err := v.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(word)); err != nil {
		return nil, err
	}
	return json.Marshal(v.Interface())
}

func basic(t reflect.Type, word string) (json.RawMessage, error) {
	switch k := t.Kind(); {
	case k == reflect.String:
		return json.Marshal(word)
	case k == reflect.Bool:
		b, err := strconv.ParseBool(word)
		if err != nil {
			return nil, fmt.Errorf("%s is neither true nor false", quote(word))
		}
		return json.Marshal(b)
	case k == reflect.Float32 || k == reflect.Float64:
		f, err := strconv.ParseFloat(word, t.Bits())
		if err != nil {
			return nil, numberError(word, "number", t, err)
		}
		raw, err := json.Marshal(f)
		if err != nil { // not a finite number
			return nil, fmt.Errorf("%s has no JSON form", quote(word))
		}
		return raw, nil
	case k >= reflect.Uint && k <= reflect.Uintptr:
		n, err := strconv.ParseUint(word, 10, t.Bits())
		if err != nil {
			return nil, numberError(word, "whole number from 0", t, err)
		}
		return json.Marshal(n)
	}
	n, err := strconv.ParseInt(word, 10, t.Bits())
	if err != nil {
		return nil, numberError(word, "whole number", t, err)
	}
	return json.Marshal(n)
}

func numberError(word, what string, t reflect.Type, err error) error {
	if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
		return fmt.Errorf("%s does not fit into %d bits", quote(word), t.Bits())
	}
	return fmt.Errorf("%s is no %s", quote(word), what)
}

// parseTime reads RFC 3339, or a day with or without a time of day, which then
// is local.
func parseTime(word string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, word); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, word, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no time: write 2006-01-02T15:04:05Z, 2006-01-02 15:04 or 2006-01-02", quote(word))
}
