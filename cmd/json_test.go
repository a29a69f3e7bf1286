package cmd

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
)

// TestJSONDocumented: docs/json.md names every field and every status.
func TestJSONDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/json.md")
	require.NoError(t, err)
	for _, v := range []any{runJSON{}, exportJSON{}, stepJSON{}, eventJSON{}, messageJSON{}, crashJSON{}, signalJSON{}, endJSON{},
		bindingJSON{}, portJSON{}, finding{}, backupJSON{}, versionJSON{},
		chaos.Report{}, chaos.Outcome{}, chaos.Boundary{}, chaos.Pair{}, chaos.Mark{}} {
		for _, f := range jsonFields(reflect.TypeOf(v)) {
			t.Run(reflect.TypeOf(v).Name()+"."+f.name, func(t *testing.T) {
				text := string(page)
				require.True(t, strings.Contains(text, "`"+f.name+"`") || strings.Contains(text, `"`+f.name+`":`))
			})
		}
	}
	for _, word := range statuses {
		require.Contains(t, string(page), "`"+word+"`")
	}
}
