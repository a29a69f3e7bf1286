package cmd

import (
	"errors"
	"reflect"
	"strings"

	"github.com/urfave/cli/v2"
)

// typed checks the value of a flag whose type the library would check, in our
// words: said is what people called it, --limit or DURABLE_LIMIT. It returns the
// value as the library takes it.
func typed(f cli.Flag, value, said string) (string, error) {
	var t reflect.Type
	switch f.(type) {
	case *cli.BoolFlag:
		t = reflect.TypeFor[bool]()
	case *cli.IntFlag:
		t = reflect.TypeFor[int]()
	case *cli.Int64Flag:
		t = reflect.TypeFor[int64]()
	case *cli.UintFlag:
		t = reflect.TypeFor[uint]()
	case *cli.Uint64Flag:
		t = reflect.TypeFor[uint64]()
	case *cli.Float64Flag:
		t = reflect.TypeFor[float64]()
	case *cli.DurationFlag:
		t = typeDuration
	default: // text, or read later by whoever knows more
		return value, nil
	}
	raw, err := fragment(t, value)
	if err != nil {
		return value, usagef("%s: %w", said, err)
	}
	if t == typeDuration {
		return strings.Trim(string(raw), `"`), nil // 10 means 10s
	}
	return string(raw), nil
}

// blame names the variable in an error about a flag that came from it.
func (c call) blame(err error) error {
	var u *usageError
	if !errors.As(err, &u) {
		return err
	}
	text, isFlag := strings.CutPrefix(u.Error(), "--")
	name, rest, _ := strings.Cut(text, ":")
	if variable := c.variables[name]; isFlag && variable != "" {
		blamed := usagef("%s:%s", variable, rest)
		blamed.hint = u.hint
		return blamed
	}
	return err
}
