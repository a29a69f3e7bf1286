package examples

import (
	"database/sql"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/runnertest"
	"github.com/seed139febb4/durable/sqlite"
)

// inBubble runs a test where time passes by itself, with a journal of its own.
func inBubble(t *testing.T, test func(t *testing.T, db *sqlite.DB)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(path, sqlite.Exclusive)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		test(t, db)
	})
	return path
}

// serve runs the examples until the test or stop ends it.
func serve(t *testing.T, db *sqlite.DB) (r *runner.Runner, stop func()) {
	t.Helper()
	r, err := runner.New(db, Bindings()...)
	require.NoError(t, err)
	return r, runnertest.Serve(t, r)
}

// entries returns the texts in the ledger of a closed journal.
func entries(t *testing.T, path string) (texts []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT text FROM ledger ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		texts = append(texts, text)
	}
	require.NoError(t, rows.Err())
	return texts
}

// Every field of an input can be given on the command line, and says what for.
func TestInputsAreDescribed(t *testing.T) {
	for _, b := range Bindings() {
		if b.Kind() != "workflow" {
			continue
		}
		for i := range b.In.NumField() {
			f := b.In.Field(i)
			require.NotEmpty(t, f.Tag.Get("json"), "%s.%s", b.Name, f.Name)
			require.NotEmpty(t, f.Tag.Get("usage"), "%s.%s", b.Name, f.Name)
			if text := f.Tag.Get("default"); f.Type == reflect.TypeFor[runner.Duration]() && text != "" {
				_, err := runner.ParseDuration(text)
				require.NoError(t, err)
			}
		}
	}
}

func TestHello(t *testing.T) {
	inBubble(t, func(t *testing.T, db *sqlite.DB) {
		r, _ := serve(t, db)
		h, err := Hello.Start(t.Context(), r, "", Greeting{Name: "Ada"})
		require.NoError(t, err)
		text, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "Hello, Ada!", text)
	})
}
