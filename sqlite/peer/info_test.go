package peer

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMembers(t *testing.T) {
	t.Run("nobody", func(t *testing.T) {
		all, err := open(t, base(t)).Members()
		require.NoError(t, err)
		require.Empty(t, all)
	})
	t.Run("all that is known", func(t *testing.T) {
		path := base(t)
		a, am, _ := join(t, path)
		_, bm, _ := join(t, path)
		require.NoError(t, bm.Mark([]byte("mark of b")))
		all, err := a.Members()
		require.NoError(t, err)
		require.Len(t, all, 2)
		host, err := os.Hostname()
		require.NoError(t, err)
		for _, info := range all {
			require.Equal(t, os.Getpid(), info.PID)
			require.Equal(t, host, info.Host)
			require.False(t, info.Started.After(time.Now()))
			require.True(t, info.Live)
			require.Equal(t, info.Token == am.Token(), info.Self)
			if info.Token == bm.Token() {
				require.Equal(t, "mark of b", string(info.Mark))
			} else {
				require.Nil(t, info.Mark)
			}
		}
	})
	t.Run("empty lock files", func(t *testing.T) {
		path := base(t)
		d, _, _ := join(t, path)
		fresh, old := stray(t, d, ""), stray(t, d, "")
		require.NoError(t, os.WriteFile(d.socketBeside(old), nil, 0o600))
		past := time.Now().Add(-2 * strayAge)
		require.NoError(t, os.Chtimes(d.lockFile(old), past, past))
		all, err := d.Members()
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.FileExists(t, d.lockFile(fresh), "somebody may just be writing it")
		require.NoFileExists(t, d.lockFile(old))
		require.NoFileExists(t, d.socketBeside(old))
	})
	t.Run("a lock file of garbage", func(t *testing.T) {
		d, _, _ := join(t, base(t))
		token := stray(t, d, "pid many\nstarted\nsocket ../../x\n"+strings.Repeat("\xff", 2000))
		all, err := d.Members()
		require.NoError(t, err)
		require.Len(t, all, 1, "neither a pid nor a mark, and dead")
		_, err = d.socketOf(token)
		require.ErrorIs(t, err, errNoSocket)
	})
}

// stray leaves a lock file that nobody holds.
func stray(t *testing.T, d *Dir, content string) (token string) {
	t.Helper()
	token, err := newToken()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(d.lockFile(token), []byte(content), 0o600))
	return token
}

func TestRemove(t *testing.T) {
	d, m, _ := join(t, base(t))
	other, om, _ := join(t, strings.TrimSuffix(d.path, "-peers"))
	t.Run("a live member", func(t *testing.T) {
		require.ErrorIs(t, other.Remove(m.Token()), ErrLive)
		require.FileExists(t, d.lockFile(m.Token()))
	})
	t.Run("oneself", func(t *testing.T) { require.ErrorIs(t, other.Remove(om.Token()), ErrLive) })
	t.Run("a dead member", func(t *testing.T) {
		token := stray(t, d, "pid 1\n")
		require.NoError(t, d.Remove(token))
		require.NoFileExists(t, d.lockFile(token))
		require.NoError(t, d.Remove(token), "again")
	})
	for _, name := range []string{"", "../x", "turnstile", strings.ToLower(m.Token())} {
		t.Run(fmt.Sprintf("no token %q", name), func(t *testing.T) {
			require.ErrorIs(t, d.Remove(name), ErrToken)
			_, _, err := d.Alive(name)
			require.ErrorIs(t, err, ErrToken)
		})
	}
}

// TestDeadUnmet has a member die before anybody could connect to it.
func TestDeadUnmet(t *testing.T) {
	d, _, r := join(t, base(t))
	stray(t, d, "pid 1\n")
	d.hub().scan()
	await(t, r.died, "the news of its death")
	d.hub().scan()
	require.Empty(t, r.died, "it dies once")
}
