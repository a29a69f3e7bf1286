package runner

import (
	"encoding/json"
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
