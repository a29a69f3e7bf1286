package chaos

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Difference is a place where two JSON documents are not the same.
type Difference struct {
	Path string          // as jq writes it: .items[2].id, or . for the whole
	Want json.RawMessage // nil: it is not there
	Got  json.RawMessage // likewise
}

func (d Difference) String() string {
	show := func(raw json.RawMessage) string {
		if raw == nil {
			return "missing"
		}
		if len(raw) > 80 {
			return string(raw[:80]) + "…"
		}
		return string(raw)
	}
	return d.Path + " is " + show(d.Got) + ", not " + show(d.Want)
}

// Compare returns where two JSON documents differ, outside of what the masks
// name. A mask is a Difference's Path, with [*] for any index; what it names
// counts with all that is in it. The order of an object's fields and white space
// do not count; what is no JSON is compared byte by byte. Two undisturbed runs
// tell the masks for a disturbed one:
//
//	masks := Compare(first, second)
func Compare(want, got json.RawMessage, masks ...string) []Difference {
	a, isA := jsonValue(want)
	b, isB := jsonValue(got)
	c := comparison{}
	for _, m := range masks {
		c.masks = append(c.masks, segments(m))
	}
	if !isA || !isB {
		if !bytes.Equal(want, got) && !c.masked(nil) {
			return []Difference{{".", want, got}}
		}
		return nil
	}
	c.value(nil, a, b)
	return c.found
}

// Paths are those of the differences, to be used as masks.
func Paths(found []Difference) (masks []string) {
	for _, d := range found {
		masks = append(masks, d.Path)
	}
	return masks
}

// jsonValue decodes a document; none is null.
func jsonValue(raw json.RawMessage) (v any, ok bool) {
	if len(raw) == 0 {
		return nil, true
	}
	if !json.Valid(raw) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // every digit counts
	err := d.Decode(&v)
	return v, err == nil
}

type comparison struct {
	masks [][]string
	found []Difference
}

func (c *comparison) value(path []string, a, b any) {
	if c.masked(path) {
		return
	}
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			c.object(path, a, b)
			return
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				c.value(below(path, "["+strconv.Itoa(i)+"]"), a[i], b[i])
			}
			return
		}
	default:
		if isScalar(b) && a == b {
			return
		}
	}
	c.differ(path, jsonText(a), jsonText(b))
}

func (c *comparison) object(path []string, a, b map[string]any) {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		inner := below(path, segment(name))
		x, inA := a[name]
		y, inB := b[name]
		switch {
		case inA && inB:
			c.value(inner, x, y)
		case c.masked(inner):
		case inA:
			c.differ(inner, jsonText(x), nil)
		default:
			c.differ(inner, nil, jsonText(y))
		}
	}
}

func (c *comparison) differ(path []string, want, got json.RawMessage) {
	text := strings.Join(path, "")
	if text == "" || text[0] == '[' {
		text = "." + text
	}
	c.found = append(c.found, Difference{text, want, got})
}

// masked reports whether a mask names the path.
func (c *comparison) masked(path []string) bool {
	return slices.ContainsFunc(c.masks, func(mask []string) bool {
		return slices.EqualFunc(mask, path, func(m, p string) bool { return m == p || m == "[*]" && p[0] == '[' })
	})
}

// isScalar reports whether v can be compared with ==.
func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func jsonText(v any) json.RawMessage {
	text, _ := json.Marshal(v) // it came from JSON
	return text
}

// below is the path of a part; path itself stays as it is.
func below(path []string, segment string) []string { return append(slices.Clip(path), segment) }

// segment is the segment of a name: .name, or ."na me".
func segment(name string) string {
	plain := name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if plain {
		return "." + name
	}
	return "." + string(jsonText(name))
}

// segments takes a path apart: .items[2].id is .items, [2], .id.
func segments(path string) (parts []string) {
	begin, quoted, escaped := 0, false, false
	cut := func(end int) {
		if part := path[begin:end]; part != "" && part != "." {
			parts = append(parts, part)
		}
		begin = end
	}
	for i := range len(path) {
		switch c := path[i]; {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = quoted
		case c == '"':
			quoted = !quoted
		case (c == '.' || c == '[') && !quoted:
			cut(i)
		}
	}
	cut(len(path))
	return parts
}
