package cmd

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScreen(t *testing.T) {
	t.Run("a terminal", func(t *testing.T) {
		var b bytes.Buffer
		s := &screen{w: &b, live: true}
		s.Line("one")
		s.Status("wait 3")
		s.Status("wait 3") // nothing new
		s.Status("wait 2")
		s.Line("two")
		n, err := s.Write([]byte("log\n"))
		require.NoError(t, err)
		require.Equal(t, 4, n)
		s.Status("")
		s.Line("three")
		const erase = "\r\x1b[K"
		require.Equal(t, "one\nwait 3"+erase+"wait 2"+erase+"two\nwait 2"+erase+"log\nwait 2"+erase+"three\n", b.String())
	})
	t.Run("elsewhere", func(t *testing.T) {
		var b bytes.Buffer
		s := &screen{w: &b}
		s.Line("one")
		s.Status("wait 3")
		s.Line("two")
		require.Equal(t, "one\ntwo\n", b.String())
	})
}
