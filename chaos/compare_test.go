package chaos_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, want, got string
		masks           []string
		paths           []string
	}{
		{"equal", `{"a":1,"b":[true,null]}`, ` { "b" : [true, null], "a": 1 } `, nil, nil},
		{"a field", `{"a":1}`, `{"a":2}`, nil, []string{".a"}},
		{"its type", `{"a":1}`, `{"a":"1"}`, nil, []string{".a"}},
		{"more of it", `{"a":1}`, `{"a":{"b":1}}`, nil, []string{".a"}},
		{"missing", `{"a":1,"b":2}`, `{"a":1}`, nil, []string{".b"}},
		{"null is not missing", `{"a":null}`, `{}`, nil, []string{".a"}},
		{"too much", `{}`, `{"a":1}`, nil, []string{".a"}},
		{"deep", `{"a":[{"b":1},{"b":2}]}`, `{"a":[{"b":1},{"b":3}]}`, nil, []string{".a[1].b"}},
		{"length", `{"a":[1,2]}`, `{"a":[1]}`, nil, []string{".a"}},
		{"the whole", `1`, `2`, nil, []string{"."}},
		{"an element of the whole", `[1,2]`, `[1,3]`, nil, []string{".[1]"}},
		{"every digit", `9007199254740993`, `9007199254740992`, nil, []string{"."}},
		{"an odd name", `{"a.b \"c\"[":1}`, `{"a.b \"c\"[":2}`, nil, []string{`."a.b \"c\"["`}},
		{"an empty name", `{"":1}`, `{"":2}`, nil, []string{`.""`}},
		{"not JSON", `x`, `y`, nil, []string{"."}},
		{"the same, not JSON", `x`, `x`, nil, nil},
		{"nothing", ``, ``, nil, nil},
		{"nothing is null", ``, `null`, nil, nil},

		{"masked", `{"a":1,"b":1}`, `{"a":2,"b":2}`, []string{".a"}, []string{".b"}},
		{"masked with all in it", `{"a":{"x":1}}`, `{"a":[2]}`, []string{".a"}, nil},
		{"masked and missing", `{"a":1}`, `{}`, []string{".a"}, nil},
		{"masked by an index", `{"a":[1,2]}`, `{"a":[3,4]}`, []string{".a[1]"}, []string{".a[0]"}},
		{"masked by any index", `[{"a":1},{"a":2}]`, `[{"a":3},{"a":4}]`, []string{".[*].a"}, nil},
		{"masked as a whole", `{"a":1}`, `2`, []string{"."}, nil},
		{"masked as a whole, not JSON", `x`, `y`, []string{"."}, nil},
		{"a mask is not a prefix of a name", `{"ab":1}`, `{"ab":2}`, []string{".a"}, []string{".ab"}},
		{"a mask inside of a scalar", `{"a":1}`, `{"a":2}`, []string{".a.b"}, []string{".a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := chaos.Compare(json.RawMessage(c.want), json.RawMessage(c.got), c.masks...)
			require.Equal(t, c.paths, chaos.Paths(found))
			require.Empty(t, chaos.Compare(json.RawMessage(c.want), json.RawMessage(c.got), append(c.masks, c.paths...)...),
				"what it finds masks it")
		})
	}
}

// FuzzCompare checks that what differs can be masked, and nothing differs from
// itself.
func FuzzCompare(f *testing.F) {
	f.Add(`{"a":[1,{"b\\\"":2}]}`, `{"a":[1,{"b\\\"":3}]}`)
	f.Add(`[[],{}]`, `[{},[]]`)
	f.Add(`{"a.b":{"[":1}}`, `x`)
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := json.RawMessage(a), json.RawMessage(b)
		require.Empty(t, chaos.Compare(x, x))
		found := chaos.Compare(x, y)
		require.Len(t, chaos.Compare(y, x), len(found))
		require.Empty(t, chaos.Compare(x, y, chaos.Paths(found)...), "%v", found)
	})
}

func ExampleCompare() {
	first := json.RawMessage(`{"ticket": "T-1", "at": "10:00:00", "rows": 1}`)
	second := json.RawMessage(`{"ticket": "T-1", "at": "10:00:07", "rows": 1}`)
	disturbed := json.RawMessage(`{"ticket": "T-1", "at": "10:01:30", "rows": 2}`)

	masks := chaos.Paths(chaos.Compare(first, second))
	fmt.Println(masks)
	fmt.Println(chaos.Compare(first, disturbed, masks...))
	// Output:
	// [.at]
	// [.rows is 2, not 1]
}
