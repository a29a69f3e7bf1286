package journal

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Root is where the chain of a run's checksums begins: the CRC-32C of its ULID,
// so that an event fits into no other run.
func Root(ulid string) uint32 { return crc32.Checksum([]byte(ulid), castagnoli) }

// Seal sets e.Sum, the CRC-32C over the previous event's Sum (the run's Root
// before the first) and every stored field of e. Only the run's owner appends,
// so the chain has one writer.
func Seal(prev uint32, e *Event) { e.Sum = checksum(prev, e) }

// Verify reports whether e is what was sealed after an event with Sum prev.
func Verify(prev uint32, e *Event) bool { return e.Sum == checksum(prev, e) }

func checksum(prev uint32, e *Event) uint32 {
	var room [96]byte
	b := binary.BigEndian.AppendUint32(room[:0], prev)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Op))
	b = appendText(b, string(e.Kind))
	b = appendText(b, e.Name)
	sum := crc32.Update(0, castagnoli, b)
	sum = updateBytes(sum, b, e.Data)
	sum = updateBytes(sum, b, e.Note)
	return updateBytes(sum, b, e.Commands)
}

// Checksum is the CRC-32C of the message as it is delivered: every field but ID
// and Sum, and the run it is for.
func (m *Message) Checksum(run int64) uint32 {
	var room [128]byte
	b := binary.BigEndian.AppendUint64(room[:0], uint64(run))
	b = binary.BigEndian.AppendUint64(b, uint64(m.At.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Op))
	for _, s := range [...]string{string(m.Kind), string(m.Event), m.Name, m.By, m.Key} {
		b = appendText(b, s)
	}
	if m.Verified { // else nothing: older messages have none
		b = appendText(b, "verified")
	}
	return updateBytes(crc32.Update(0, castagnoli, b), b, m.Data)
}

// appendText writes the length before the text, so that no two lists of fields
// have the same bytes.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// updateBytes adds the length of p, and p. It overwrites the first 8 bytes of
// room, which saves an allocation.
func updateBytes(sum uint32, room, p []byte) uint32 {
	n := room[:8]
	size := uint64(len(p))
	if p == nil {
		size = 1<<64 - 1 // NULL is not ''
	}
	binary.BigEndian.PutUint64(n, size)
	return crc32.Update(crc32.Update(sum, castagnoli, n), castagnoli, p)
}

// Encode returns the note as it is stored; nil if it says nothing.
func (n Note) Encode() json.RawMessage {
	if n == (Note{}) {
		return nil
	}
	b, err := json.Marshal(n)
	if err != nil { // a time outside the years 0 to 9999
		return nil
	}
	return b
}

// Facts decodes the event's note. An undecodable note is empty: it is damaged,
// which Verify reports.
func (e *Event) Facts() (n Note) {
	if e.Note != nil {
		_ = json.Unmarshal(e.Note, &n)
	}
	return n
}

// Asked decodes the event's commands. A timer's Due that was left out is the
// event's time and what it was asked for.
func (e *Event) Asked() ([]Command, error) {
	if e.Commands == nil {
		return nil, nil
	}
	var cs []Command
	if err := json.Unmarshal(e.Commands, &cs); err != nil {
		return nil, fmt.Errorf("event %d: commands: %w", e.Seq, err)
	}
	for i := range cs {
		if c := &cs[i]; c.Kind == StartTimer && c.Due.IsZero() {
			c.Due = Deadline(e.At, c.For)
		}
	}
	return cs, nil
}

// AppendCommands appends the stored form of cs to b: a JSON array with the field
// names of Command, in its order, empty ones left out. It is what
// json.Marshal(cs) gives, without its cost; Data must be valid, compact JSON, and
// is taken over byte for byte. Of no commands it is "[]": an event without any
// has nil.
func AppendCommands(b []byte, cs []Command) []byte {
	b = append(b, '[')
	for i := range cs {
		if i > 0 {
			b = append(b, ',')
		}
		b = cs[i].append(b)
	}
	return append(b, ']')
}

func (c *Command) append(b []byte) []byte {
	b = append(b, `{"do":`...)
	b = appendString(b, string(c.Kind))
	if c.Op != 0 {
		b = append(b, `,"op":`...)
		b = strconv.AppendInt(b, c.Op, 10)
	}
	if c.Name != "" {
		b = append(b, `,"name":`...)
		b = appendString(b, c.Name)
	}
	if c.ID != "" {
		b = append(b, `,"id":`...)
		b = appendString(b, c.ID)
	}
	if len(c.Data) > 0 {
		b = append(b, `,"data":`...)
		b = append(b, c.Data...)
	}
	if c.For != 0 {
		b = append(b, `,"for":`...)
		b = strconv.AppendInt(b, int64(c.For), 10)
	}
	if !c.Due.IsZero() {
		b = append(b, `,"due":"`...)
		b = c.Due.AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if c.Where != "" {
		b = append(b, `,"where":`...)
		b = appendString(b, c.Where)
	}
	if len(c.Unread) > 0 {
		events, _ := json.Marshal(c.Unread) // numbers cannot fail
		b = append(append(b, `,"unread":`...), events...)
	}
	return append(b, '}')
}

// appendString quotes s; what json.Marshal would escape goes through it.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s)
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
