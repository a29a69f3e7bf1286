package peer

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// deep returns where a database would be whose socket's path is too long.
func deep(t *testing.T) string {
	folder := filepath.Join(filepath.Dir(base(t)), strings.Repeat("long/", 30))
	require.NoError(t, os.MkdirAll(folder, 0o700))
	return filepath.Join(folder, "x.db")
}

func TestLongPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("TMPDIR has no meaning")
	}
	t.Run("the socket is among the temporary files", func(t *testing.T) {
		temp := filepath.Dir(base(t))
		t.Setenv("TMPDIR", temp)
		path := deep(t)
		a, am, ar := join(t, path)
		b, bm, _ := join(t, path)
		linked(t, a, bm.Token())
		b.Nudge(am.Token(), 3)
		require.EqualValues(t, 3, await(t, ar.nudged, "the nudge"))
		socket, err := b.socketOf(am.Token())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(socket, temp), socket)
		require.FileExists(t, a.lockFile(am.Token()))

		t.Run("others could reach it", func(t *testing.T) {
			require.NoError(t, os.Chmod(filepath.Dir(socket), 0o755))
			_, err := b.socketOf(am.Token())
			require.ErrorIs(t, err, errNoSocket)
			require.NoError(t, os.Chmod(filepath.Dir(socket), 0o700))
		})
		require.NoError(t, am.Leave())
		require.NoError(t, bm.Leave())
		require.NoDirExists(t, filepath.Dir(socket))
	})
	t.Run("of one that died it is removed", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Dir(base(t)))
		path := deep(t)
		p := start(t, path)
		d := open(t, path)
		socket, err := d.socketOf(p.token)
		require.NoError(t, err)
		p.kill()
		require.NoError(t, d.Remove(p.token))
		require.NoFileExists(t, socket)
	})
	t.Run("there is no room for sockets at all", func(t *testing.T) {
		path := deep(t)
		t.Setenv("TMPDIR", filepath.Dir(path))
		noSockets(t, path)
	})
	t.Run("the folder for it is open to others", func(t *testing.T) {
		temp := filepath.Dir(base(t))
		t.Setenv("TMPDIR", temp)
		path := deep(t)
		require.NoError(t, os.Mkdir(open(t, path).shortFolder(), 0o755))
		noSockets(t, path)
	})
}

// noSockets checks what is left then.
func noSockets(t *testing.T, path string) {
	a, am, ar := join(t, path)
	b, bm, _ := join(t, path)
	require.True(t, b.Turnstile().Crowded())
	a.hub().scan()
	require.True(t, a.Turnstile().Crowded())
	b.Nudge(am.Token(), 1)
	b.Nudge("", 2)
	_, err := b.Call(t.Context(), am.Token(), nil)
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "it does not listen")
	require.Empty(t, ar.nudged)
	require.NoError(t, bm.Leave())
	a.hub().scan()
	await(t, ar.died, "the end of b")
	until(t, func() bool { return !a.Turnstile().Crowded() }, "the last attempt to connect has failed")
}
