package runner

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEncode(t *testing.T) {
	of := call{"activity", "book"}
	t.Run("struct", func(t *testing.T) {
		raw, err := encode(struct {
			City string `json:"city"`
		}{"Rome"}, of, "input")
		require.NoError(t, err)
		require.Equal(t, `{"city":"Rome"}`, string(raw))
	})
	t.Run("raw JSON is compacted", func(t *testing.T) {
		raw, err := encode(json.RawMessage("{ \"a\" : [1,\n2] }"), of, "input")
		require.NoError(t, err)
		require.Equal(t, `{"a":[1,2]}`, string(raw))
	})
	t.Run("raw JSON that is none", func(t *testing.T) {
		_, err := encode(json.RawMessage("{"), of, "input")
		var p *PayloadError
		require.ErrorAs(t, err, &p)
		require.Equal(t, `activity "book"`, p.Of)
	})
	t.Run("no JSON form", func(t *testing.T) {
		_, err := encode(make(chan int), of, "result")
		require.ErrorContains(t, err, `activity "book": result is no chan int: `)
	})
}

func TestDecode(t *testing.T) {
	of := call{"activity", "book"}
	t.Run("nothing is zero", func(t *testing.T) {
		n, err := decode[int](nil, of, "input")
		require.NoError(t, err)
		require.Zero(t, n)
	})
	t.Run("raw JSON passes through", func(t *testing.T) {
		raw, err := decode[json.RawMessage](json.RawMessage(`{"a":1}`), of, "input")
		require.NoError(t, err)
		require.Equal(t, `{"a":1}`, string(raw))
	})
	t.Run("another shape", func(t *testing.T) {
		_, err := decode[int](json.RawMessage(`"x"`), of, "input")
		require.ErrorContains(t, err, `activity "book": input is no int: `)
	})
}

// FuzzNormal checks that what comes from outside is refused, or decodes, and has
// a form that is taken over as it is.
func FuzzNormal(f *testing.F) {
	types := []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[struct{ City string }](), reflect.TypeFor[Duration](), reflect.TypeFor[json.RawMessage]()}
	for i := range types {
		f.Add([]byte("{ \"City\" : \"\xff\" }"), i)
		f.Add([]byte(`"10s"`), i)
		f.Add([]byte(`[1, 2`), i)
	}
	f.Fuzz(func(t *testing.T, raw []byte, i int) {
		typ := types[uint(i)%uint(len(types))]
		got, err := normal(raw, call{"signal", "s"}, "payload", typ)
		if err != nil {
			var p *PayloadError
			require.ErrorAs(t, err, &p)
			return
		}
		again, err := normal(got, call{"signal", "s"}, "payload", typ)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	})
}
