package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMark decodes what may stand in a lock file.
func FuzzMark(f *testing.F) {
	m := mark{run: 1, seq: 2, sum: 3, message: 4}
	f.Add(m.encode(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := decodeMark(b); ok {
			require.Equal(t, b, m.encode(nil))
		}
	})
}

// FuzzHeader judges what may stand at the beginning of a file.
func FuzzHeader(f *testing.F) {
	f.Add(make([]byte, 100))
	f.Add(append([]byte("SQLite format 3\x00"), make([]byte, 84)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x")
		write(t, path, b)
		if inspect(path) == nil {
			require.True(t, len(b) == 0 || string(b[:6]) == "SQLite")
		}
	})
}
