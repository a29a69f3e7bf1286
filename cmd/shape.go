package cmd

import (
	"fmt"
	"reflect"
	"strings"
)

// kindOf names what a scalar type holds, as a flag's placeholder.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == typeDuration || t == typeStdDuration:
		return "DURATION"
	case t == typeTime:
		return "TIME"
	case t.Kind() == reflect.Slice || t.Kind() == reflect.String || reflect.PointerTo(t).Implements(typeText):
		return "TEXT"
	case t.Kind() == reflect.Bool:
		return "BOOL"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "NUMBER"
	}
	return "N"
}

// shape describes the JSON of a type in a line: {"note": text, "tags": [text]}.
func shape(t reflect.Type) string { return shapeOf(t, 0) }

func shapeOf(t reflect.Type, depth int) string {
	if t == nil {
		return "any JSON"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == typeStdDuration:
		return "nanoseconds"
	case scalar(t):
		return map[string]string{"DURATION": `"10s"`, "TIME": `"2006-01-02T15:04:05Z"`, "TEXT": "text",
			"BOOL": "true or false", "NUMBER": "number", "N": "whole number"}[kindOf(t)]
	case reflect.PointerTo(t).Implements(typeJSON) || depth > 3:
		return "any JSON"
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "base64 text"
		}
		return "[" + shapeOf(t.Elem(), depth+1) + "]"
	case reflect.Map:
		return "{text: " + shapeOf(t.Elem(), depth+1) + "}"
	case reflect.Struct:
		var parts []string
		for _, f := range jsonFields(t) {
			parts = append(parts, fmt.Sprintf("%q: %s", f.name, shapeOf(f.typ, depth+1)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "any JSON"
}
