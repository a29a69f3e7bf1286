package cmd

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// inputCategory marks the flags that are made from a workflow's input.
const inputCategory = "input"

// variable is the environment variable a flag is taken from when it is not
// given: DURABLE_ and the flag's name, or for a workflow's input DURABLE_, the
// workflow's name, and the field's. "" if it has none.
func variable(c *cli.Command, f cli.Flag) string {
	name := f.Names()[0]
	switch name {
	case "help", "version", "json": // --json is -o json
		return ""
	case "log-level":
		return "DURABLE_LOG"
	case "log":
		return "DURABLE_LOG_FORMAT"
	}
	if c != nil && category(f) == inputCategory {
		name = c.Name + "_" + name
	}
	return "DURABLE_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

func findFlag(list []cli.Flag, name string) cli.Flag {
	for _, f := range list {
		for _, n := range f.Names() {
			if n == name {
				return f
			}
		}
	}
	return nil
}

// takesValue reports whether the word after the flag is its value. A flag whose
// value may be left out, as a bool's, takes one only behind an equals sign.
func takesValue(f cli.Flag) bool {
	if g, ok := f.(*cli.GenericFlag); ok {
		b, ok := g.Value.(interface{ IsBoolFlag() bool })
		return !ok || !b.IsBoolFlag()
	}
	v, ok := f.(cli.DocGenerationFlag)
	return ok && v.TakesValue()
}

// longNames are the names of flags that have more than one letter.
func longNames(list []cli.Flag) (names []string) {
	for _, f := range list {
		for _, n := range f.Names() {
			if len(n) > 1 {
				names = append(names, n)
			}
		}
	}
	return names
}

// commandNames are the names under which people know the commands.
func commandNames(cs []*cli.Command) (names []string) {
	for _, c := range cs {
		if !c.Hidden {
			names = append(names, c.Names()...)
		}
	}
	return names
}
