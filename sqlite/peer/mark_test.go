package peer

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMark(t *testing.T) {
	mark := func(t *testing.T, d *Dir, m *Member) []byte {
		info, err := d.info(m.Token())
		require.NoError(t, err)
		return info.Mark
	}
	full := []byte(strings.Repeat("m", MarkSize))
	d, m, _ := join(t, base(t))
	for _, want := range [][]byte{full, []byte("shorter"), {0}, full[1:]} {
		t.Run(fmt.Sprintf("%d bytes", len(want)), func(t *testing.T) {
			require.NoError(t, m.Mark(want))
			require.NoError(t, m.SyncMark())
			require.Equal(t, want, mark(t, d, m))
		})
	}
	t.Run("none", func(t *testing.T) {
		require.NoError(t, m.Mark(nil))
		require.Nil(t, mark(t, d, m))
	})
	t.Run("too long", func(t *testing.T) {
		require.NoError(t, m.Mark(full))
		require.ErrorContains(t, m.Mark(append(full, 'x')), "65 bytes are more than 64")
		require.Equal(t, full, mark(t, d, m))
	})
	t.Run("without allocation", func(t *testing.T) {
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Mark(full) }))
	})
}

func TestTouch(t *testing.T) {
	path := base(t)
	_, m, _ := join(t, path)
	other := open(t, path)
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	age := func() {
		require.NoError(t, os.Chtimes(m.path, past, past))
		_, sign, err := other.Alive(m.Token())
		require.NoError(t, err)
		require.Equal(t, past.Unix(), sign.Unix())
	}
	sign := func() time.Time {
		_, sign, err := other.Alive(m.Token())
		require.NoError(t, err)
		return sign
	}
	t.Run("the first call counts", func(t *testing.T) {
		age()
		m.Touch()
		require.True(t, sign().After(past))
	})
	t.Run("of many calls at once few do", func(t *testing.T) {
		changed := 0
		for range 1000 {
			before := m.touched.Load()
			age()
			m.Touch()
			require.Equal(t, before == m.touched.Load(), sign().Unix() == past.Unix())
			if before != m.touched.Load() {
				changed++
			}
		}
		require.Less(t, changed, 1000)
	})
	t.Run("a clock that was set back", func(t *testing.T) {
		m.touched.Store(time.Now().Add(time.Hour).UnixNano())
		age()
		m.Touch()
		require.True(t, sign().After(past))
	})
}
