package peer

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJoin(t *testing.T) {
	t.Run("two handles know of each other", func(t *testing.T) {
		path := base(t)
		a, am, _ := join(t, path)
		require.False(t, a.Turnstile().Crowded())
		b, bm, _ := join(t, path)
		linked(t, a, bm.Token())
		linked(t, b, am.Token())
		require.True(t, a.Turnstile().Crowded())
		require.True(t, b.Turnstile().Crowded())
		for _, d := range []*Dir{a, b} {
			for _, m := range []*Member{am, bm} {
				alive, sign, err := d.Alive(m.Token())
				require.NoError(t, err)
				require.True(t, alive)
				require.False(t, sign.IsZero())
			}
		}
	})
	t.Run("a handle joins once", func(t *testing.T) {
		d, m, _ := join(t, base(t))
		_, err := d.Join(newRecorder())
		require.ErrorContains(t, err, "has joined already")
		require.NoError(t, m.Leave())
		again, err := d.Join(newRecorder())
		require.NoError(t, err)
		require.NotEqual(t, m.Token(), again.Token())
	})
	t.Run("a closed handle does not join", func(t *testing.T) {
		d := open(t, base(t))
		require.NoError(t, d.Close())
		_, err := d.Join(newRecorder())
		require.ErrorIs(t, err, fs.ErrClosed)
	})
	t.Run("the folder is private", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("no permission bits")
		}
		path := base(t)
		require.NoError(t, os.Mkdir(path+"-peers", 0o755))
		_, m, _ := join(t, path)
		for name, want := range map[string]fs.FileMode{"": 0o700, m.Token() + ".lock": 0o600, m.Token() + ".sock": 0o600} {
			fi, err := os.Stat(filepath.Join(path+"-peers", name))
			require.NoError(t, err)
			require.Equal(t, want, fi.Mode().Perm(), name)
		}
	})
	t.Run("something else is in the way", func(t *testing.T) {
		path := base(t)
		require.NoError(t, os.WriteFile(path+"-peers", nil, 0o600))
		_, err := open(t, path).Join(newRecorder())
		require.ErrorContains(t, err, "not a folder")
	})
	t.Run("one database by two names", func(t *testing.T) {
		path := base(t)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		link := filepath.Join(filepath.Dir(path), "link.db")
		if err := os.Symlink(path, link); err != nil {
			t.Skip(err)
		}
		_, m, _ := join(t, path)
		other, _, _ := join(t, link)
		linked(t, other, m.Token())
	})
}

func TestOpenWithoutPath(t *testing.T) {
	_, err := Open("")
	require.ErrorIs(t, err, fs.ErrInvalid)
}

func TestLeave(t *testing.T) {
	t.Run("the others are told once", func(t *testing.T) {
		path := base(t)
		a, _, ar := join(t, path)
		_, bm, _ := join(t, path)
		c, cm, cr := join(t, path)
		linked(t, a, bm.Token())
		linked(t, a, cm.Token())
		linked(t, c, bm.Token())
		require.NoError(t, bm.Leave())
		await(t, ar.died, "the end of b at a")
		await(t, cr.died, "the end of b at c")
		a.hub().scan()
		require.Empty(t, ar.died)

		alive, sign, err := a.Alive(bm.Token())
		require.NoError(t, err)
		require.False(t, alive)
		require.True(t, sign.IsZero())
	})
	t.Run("nothing is left", func(t *testing.T) {
		path := base(t)
		before := descriptors(t)
		a, am, _ := join(t, path)
		b, bm, br := join(t, path)
		linked(t, a, bm.Token())
		linked(t, b, am.Token())
		require.NoError(t, a.Turnstile().Enter(t.Context()))
		a.Turnstile().Leave()
		a.Nudge(bm.Token(), 7)
		require.EqualValues(t, 7, await(t, br.nudged, "the nudge"))
		_, err := b.Call(t.Context(), am.Token(), []byte("hello"))
		require.NoError(t, err)

		require.NoError(t, am.Leave())
		require.NoError(t, am.Leave(), "again")
		require.NoError(t, bm.Leave())
		require.False(t, a.Turnstile().Crowded())
		require.NoDirExists(t, path+"-peers")
		finished(t)
		until(t, func() bool { return descriptors(t) <= before }, "every descriptor is closed")
	})
	t.Run("what is queued is sent", func(t *testing.T) {
		path := base(t)
		_, m, r := join(t, path)
		client := open(t, path)
		client.Nudge(m.Token(), 11)
		require.NoError(t, client.Close())
		require.EqualValues(t, 11, await(t, r.nudged, "the nudge"))
	})
	t.Run("the mark cannot be written any more", func(t *testing.T) {
		_, m, _ := join(t, base(t))
		require.NoError(t, m.Leave())
		require.ErrorIs(t, m.Mark([]byte("late")), fs.ErrClosed)
		require.ErrorIs(t, m.SyncMark(), fs.ErrClosed)
		m.Touch()
	})
}

// descriptors counts the open files of this process, where that is possible.
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	require.NotEmpty(t, entries)
	return len(entries)
}

// A client that nudges all members at the moment it becomes one itself finds its
// own lock file among theirs.
func TestJoinDoesNotMeetItself(t *testing.T) {
	d := open(t, base(t))
	d.Nudge("", 1) // makes the client's connections
	client := d.hub()
	m, err := d.Join(nil)
	require.NoError(t, err)
	client.nudge(m.Token(), 1)
	require.Empty(t, client.links)
	require.False(t, d.Turnstile().Crowded())
}
