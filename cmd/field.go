package cmd

import (
	"reflect"
	"strings"
)

// A field is one member of a JSON object, as a struct declares it.
type field struct {
	name  string // in JSON
	typ   reflect.Type
	usage string // tag usage
	def   string // tag default, as a flag would say it
	text  bool   // tag cli:"text": a bare word fills it
	asStr bool   // json:",string": its JSON form is quoted
}

// jsonFields lists the members of a struct type in the order of its source,
// those of embedded structs in their place, the way encoding/json sees them.
func jsonFields(t reflect.Type) (list []field) {
	at := map[string]int{} // where in list a name stands
	depth := map[string]int{}
	collect(t, 0, map[reflect.Type]bool{}, func(f field, d int) {
		i, known := at[f.name]
		switch {
		case !known:
			at[f.name], depth[f.name] = len(list), d
			list = append(list, f)
		case d < depth[f.name]: // the outer one hides the embedded one
			list[i], depth[f.name] = f, d
		}
	})
	return list
}

func collect(t reflect.Type, depth int, above map[reflect.Type]bool, add func(field, int)) {
	if above[t] {
		return // a struct that embeds a pointer to itself
	}
	above[t] = true
	defer delete(above, t)
	for sf := range structFields(t) {
		name, rest, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "-" && rest == "" && !strings.Contains(sf.Tag.Get("json"), ",") {
			continue
		}
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if sf.Anonymous && name == "" && inner.Kind() == reflect.Struct && !scalar(inner) {
			collect(inner, depth+1, above, add)
			continue
		}
		if !sf.IsExported() {
			continue
		}
		if name == "" {
			name = sf.Name
		}
		add(field{
			name:  name,
			typ:   sf.Type,
			usage: sf.Tag.Get("usage"),
			def:   sf.Tag.Get("default"),
			text:  sf.Tag.Get("cli") == "text",
			asStr: strings.Contains(","+rest+",", ",string,"),
		}, depth)
	}
}

func structFields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// flagNames are the flags for a field: its JSON name, in lower case if that is
// the Go name, and the same with dashes for underscores. None if the name cannot
// be a flag.
func flagNames(f field) []string {
	name := f.name
	if name == "" || strings.ContainsAny(name, "= \t\n,'\"\\`") || !isFlag("-"+name) || strings.HasPrefix(name, "-") {
		return nil
	}
	if c := name[0]; c >= 'A' && c <= 'Z' {
		name = strings.ToLower(name)
	}
	names := []string{name}
	if dashed := strings.ReplaceAll(name, "_", "-"); dashed != name {
		names = append(names, dashed)
	}
	return names
}
