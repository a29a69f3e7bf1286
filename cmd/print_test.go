package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

type row struct {
	ID string `json:"id"`
}

func rowCells(r row) []cell {
	return []cell{{human: short(r.ID), plain: r.ID, paint: red}, same("x\x1b" + r.ID)}
}

func TestList(t *testing.T) {
	rows := []row{{"a-long-id-1"}, {"b"}}
	for _, c := range []struct {
		name string
		p    printer
		rows []row
		want string
	}{
		{"terminal", printer{tty: true, format: formatText}, rows, "RUN     WHAT\ng-id-1  x\\x1ba-long-id-1\nb       x\\x1bb\n"},
		{"pipe", printer{format: formatText}, rows, "a-long-id-1\tx\\x1ba-long-id-1\nb\tx\\x1bb\n"},
		{"JSON", printer{format: formatJSON}, rows, `[{"id":"a-long-id-1"},{"id":"b"}]` + "\n"},
		{"JSON lines", printer{format: formatJSONL}, rows, `{"id":"a-long-id-1"}` + "\n" + `{"id":"b"}` + "\n"},
		{"JSON lines on a terminal", printer{tty: true, format: formatJSONL}, rows[1:], `{"id":"b"}` + "\n"},
		{"JSON on a terminal", printer{tty: true, format: formatJSON}, rows[1:], "[\n  {\n    \"id\": \"b\"\n  }\n]\n"},
		{"nothing on a terminal", printer{tty: true, format: formatText}, nil, ""},
		{"nothing in a pipe", printer{format: formatText}, nil, ""},
		{"nothing as JSON", printer{format: formatJSON}, nil, "[]\n"},
		{"nothing as JSON lines", printer{format: formatJSONL}, nil, ""},
		{"colour", printer{tty: true, format: formatText, style: style{color: true}}, rows[1:], "\x1b[2mRUN\x1b[0m  \x1b[2mWHAT\x1b[0m\n\x1b[31mb\x1b[0m    x\\x1bb\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			c.p.w = &b
			require.NoError(t, list(&c.p, c.rows, []string{"RUN", "WHAT"}, rowCells))
			require.Equal(t, c.want, b.String())
		})
	}
}

func TestPrintJSON(t *testing.T) {
	var b bytes.Buffer
	p := &printer{w: &b, format: formatText}
	require.NoError(t, p.JSON(json.RawMessage(`{ "a": "`+"\u202e"+`" }`)))
	require.NoError(t, p.JSON(json.RawMessage(nil)))
	require.Equal(t, `{"a":"\u202e"}`+"\nnull\n", b.String())
	require.Error(t, p.JSON(json.RawMessage(`{`)))
	require.Error(t, p.JSON(func() {}))
}

func TestIsTerminal(t *testing.T) {
	require.False(t, isTerminal(new(bytes.Buffer)))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	require.False(t, isTerminal(null))
	file, err := os.Create(t.TempDir() + "/f")
	require.NoError(t, err)
	defer file.Close()
	require.False(t, isTerminal(file))
}
