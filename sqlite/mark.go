package sqlite

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/oklog/ulid/v2"
)

// A mark is the newest thing that a process has acknowledged: it is written
// beside the file after each commit. If the process dies, and the file then
// does not hold what the mark says, the end of the log was lost, which SQLite
// itself takes for a log that was always that short.
type mark struct {
	file     ulid.ULID // the file it is about
	run, seq int64     // the last event; 0 if none
	sum      uint32    // and its checksum
	message  int64     // the highest inbox id; 0 if none
}

// markSize is the stored form: a version, the fields, a CRC-32C.
const markSize = 1 + 16 + 8 + 8 + 4 + 8 + 4

const markVersion = 1

func (m *mark) encode(b []byte) []byte {
	b = append(b[:0], markVersion)
	b = append(b, m.file[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(m.run))
	b = binary.BigEndian.AppendUint64(b, uint64(m.seq))
	b = binary.BigEndian.AppendUint32(b, m.sum)
	b = binary.BigEndian.AppendUint64(b, uint64(m.message))
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// decodeMark returns false for what is no mark, or one that was cut short.
func decodeMark(b []byte) (m mark, ok bool) {
	if len(b) != markSize || b[0] != markVersion {
		return m, false
	}
	if crc32.Checksum(b[:markSize-4], castagnoli) != binary.BigEndian.Uint32(b[markSize-4:]) {
		return m, false
	}
	copy(m.file[:], b[1:])
	m.run = int64(binary.BigEndian.Uint64(b[17:]))
	m.seq = int64(binary.BigEndian.Uint64(b[25:]))
	m.sum = binary.BigEndian.Uint32(b[33:])
	m.message = int64(binary.BigEndian.Uint64(b[37:]))
	return m, true
}

// missing says what of m the file does not hold; "" if it holds all.
func (m *mark) missing(c *conn) (string, error) {
	if m.seq != 0 {
		sum, found, err := c.one(`SELECT sum FROM events WHERE run = ? AND seq = ?`, m.run, m.seq)
		if err != nil {
			return "", err
		}
		if !found {
			return fmt.Sprintf("event %d of run %d", m.seq, m.run), nil
		}
		if uint32(sum) != m.sum {
			return fmt.Sprintf("event %d of run %d as it was acknowledged", m.seq, m.run), nil
		}
	}
	if m.message != 0 {
		last, _, err := c.one(`SELECT seq FROM sqlite_sequence WHERE name = 'inbox'`)
		if err != nil {
			return "", err
		}
		if last < m.message {
			return fmt.Sprintf("message %d", m.message), nil
		}
	}
	return "", nil
}
