package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func encode(t testing.TB, f frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	require.NoError(t, writeFrame(w, f))
	require.NoError(t, w.Flush())
	return b.Bytes()
}

func header(k byte, size uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{k}, make([]byte, 8)...), size)
}

func TestReadFrame(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  error
	}{
		"nothing":         {nil, io.EOF},
		"half a header":   {header(byte(ask), 1)[:7], io.ErrUnexpectedEOF},
		"no body":         {header(byte(ask), 1), io.ErrUnexpectedEOF},
		"half a body":     {append(header(byte(ask), 2), 'x'), io.ErrUnexpectedEOF},
		"kind 0":          {header(0, 0), errFrame},
		"kind 7":          {header(7, 0), errFrame},
		"a nudge's body":  {header(byte(nudge), 1), errFrame},
		"a long greeting": {header(byte(hello), 27), errFrame},
		"a long question": {header(byte(ask), MaxMessage+1), errFrame},
		"4 GiB":           {header(byte(answer), 1<<32-1), errFrame},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readFrame(bytes.NewReader(c.bytes))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(encode(f, frame{kind: hello, body: []byte("01J00000000000000000000000")}))
	f.Add(encode(f, frame{kind: nudge, id: -1}))
	f.Add(encode(f, frame{kind: ask, id: 1 << 40, body: []byte("a question")}))
	f.Add(header(byte(answer), MaxMessage))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			start := len(b) - r.Len()
			got, err := readFrame(r)
			if err != nil {
				return
			}
			require.LessOrEqual(t, len(got.body), got.kind.limit())
			require.Equal(t, b[start:len(b)-r.Len()], encode(t, got), "what was read is what was written")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("pid 1\nhost h\nboot b\nstarted 2026-01-02T03:04:05Z\nsocket s\n"))
	f.Add(append(make([]byte, noticeAt+4), 200, 1, 2))
	f.Add(append(make([]byte, noticeAt+4), bytes.Repeat([]byte{64}, noticeSize)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		require.LessOrEqual(t, len(parse(b).Mark), max(0, min(MarkSize, len(b)-noticeAt)))
	})
}

func TestGarbageOnTheSocket(t *testing.T) {
	path := base(t)
	d, m, r := join(t, path)
	socket, err := d.socketOf(m.Token())
	require.NoError(t, err)
	dead := stray(t, d, "pid 1\n")
	for name, b := range map[string][]byte{
		"text":                  []byte("GET / HTTP/1.1\r\n\r\n"),
		"a lying length":        header(byte(ask), 1<<32-1),
		"a greeting of no name": encode(t, frame{kind: hello, body: []byte("../x")}),
		"of a dead member":      encode(t, frame{kind: hello, body: []byte(dead)}),
		"of the member itself":  encode(t, frame{kind: hello, body: []byte(m.Token())}),
		"two greetings":         bytes.Repeat(encode(t, frame{kind: hello, body: []byte(dead)}), 2),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("unix", socket)
			require.NoError(t, err)
			defer conn.Close()
			_, err = conn.Write(b)
			require.NoError(t, err)
			n, err := conn.Read(make([]byte, 1))
			require.Error(t, err, "it hangs up")
			require.Zero(t, n)
		})
	}
	t.Run("answers to no question", func(t *testing.T) {
		conn, err := net.Dial("unix", socket)
		require.NoError(t, err)
		defer conn.Close()
		for _, f := range []frame{{kind: answer, id: 5}, {kind: failure, id: 6}, {kind: drop, id: 7}, {kind: nudge, id: 8}} {
			_, err = conn.Write(encode(t, f))
			require.NoError(t, err)
		}
		require.EqualValues(t, 8, await(t, r.nudged, "the nudge after them"))
	})
	t.Run("others are served", func(t *testing.T) {
		reply, err := open(t, path).Call(t.Context(), m.Token(), []byte("still there?"))
		require.NoError(t, err)
		require.Equal(t, "re: still there?", string(reply))
		await(t, r.died, "the death of the one that greeted")
		require.Empty(t, r.died, "once")
	})
}
