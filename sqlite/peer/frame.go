package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxMessage is how long a question or an answer may be, in bytes.
const MaxMessage = 16 << 20

// A kind says what a frame is.
type kind byte

const (
	hello   kind = 1 + iota // body: the token of the member that connected
	nudge                   // id: the run
	ask                     // id: the question's number on this connection; body: the question
	drop                    // id: of a question whose asker has given up
	answer                  // id: of the question; body: the answer. 0 answers a hello, without a body
	failure                 // id: of the question; body: the error's text
)

// limit is how long a frame's body may be, in bytes.
func (k kind) limit() int {
	switch k {
	case hello:
		return 26
	case ask, answer:
		return MaxMessage
	case failure:
		return 64 << 10
	}
	return 0
}

// A frame is what goes over a connection: a kind (1 byte), an id (8 bytes), the
// length of the body (4 bytes), all big endian, and the body.
type frame struct {
	kind kind
	id   int64
	body []byte
}

const headerSize = 13

var errFrame = errors.New("not a frame")

func writeFrame(w *bufio.Writer, f frame) error {
	head := w.AvailableBuffer()
	head = append(head, byte(f.kind))
	head = binary.BigEndian.AppendUint64(head, uint64(f.id))
	head = binary.BigEndian.AppendUint32(head, uint32(len(f.body)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(f.body)
	return err
}

// readFrame reads one frame. errFrame if the bytes are something else; io.EOF
// only if there are none.
func readFrame(r io.Reader) (frame, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: kind(head[0]), id: int64(binary.BigEndian.Uint64(head[1:]))}
	size := binary.BigEndian.Uint32(head[9:])
	if f.kind < hello || f.kind > failure {
		return frame{}, fmt.Errorf("kind %d: %w", f.kind, errFrame)
	}
	if int64(size) > int64(f.kind.limit()) {
		return frame{}, fmt.Errorf("%d bytes in a frame of kind %d: %w", size, f.kind, errFrame)
	}
	var err error
	f.body, err = readBody(r, int(size))
	return f, err
}

// readBody takes no more memory than about twice what really arrives.
func readBody(r io.Reader, size int) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	b.Grow(min(size, 64<<10))
	if _, err := io.CopyN(&b, r, int64(size)); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b.Bytes(), nil
}
