package journal_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// AppendCommands is json.Marshal, and what it writes is read back the same.
func FuzzCommands(f *testing.F) {
	for _, c := range commands {
		f.Add(string(c.Kind), c.Op, c.Name, c.ID, []byte(c.Data), int64(c.For), c.Due.UnixNano(), c.Where, int64(0))
	}
	f.Add("\xff", int64(-1), "\u2028<>&", "\x00\x7f", []byte(`{"a":"<"}`), int64(1), int64(0), "a\"b\\c", int64(7))
	f.Fuzz(func(t *testing.T, kind string, op int64, name, id string, data []byte, d, due int64, where string, unread int64) {
		c := journal.Command{Kind: journal.CommandKind(kind), Op: op, Name: name, ID: id, For: time.Duration(d), Where: where}
		if due != 0 {
			c.Due = time.Unix(0, due).UTC()
		}
		if encoded, err := json.Marshal(json.RawMessage(data)); err == nil && len(data) > 0 {
			c.Data = encoded // as payloads are: valid and compact
		}
		if unread != 0 {
			c.Unread = []int64{unread, -unread}
		}
		cs := []journal.Command{c, c}
		want, err := json.Marshal(cs)
		require.NoError(t, err)
		got := journal.AppendCommands([]byte("x"), cs)
		require.Equal(t, "x"+string(want), string(got))
		back, err := (&journal.Event{Commands: got[1:]}).Asked()
		require.NoError(t, err)
		if utf8.ValidString(kind + " " + name + " " + id + " " + where) { // what is not, cannot come back
			require.Equal(t, cs, back)
		}
	})
}

func FuzzNote(f *testing.F) {
	f.Add("ada", true, int64(1), int64(2), 3, int64(4), int64(5), "key")
	f.Add("\xff<", false, int64(-1), int64(0), 0, int64(0), int64(0), "")
	f.Fuzz(func(t *testing.T, by string, verified bool, sent, message int64, attempt int, due, began int64, key string) {
		n := journal.Note{By: by, Verified: verified, Sent: at(sent), Message: message, Attempt: attempt, Due: at(due), Began: at(began), Key: key}
		e := journal.Event{Note: n.Encode()}
		back := e.Facts()
		if !utf8.ValidString(by + " " + key) { // that cannot come back
			n.By, n.Key = back.By, back.Key
		}
		require.Equal(t, n, back)
	})
}

func at(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// Fold takes anything: it may refuse it, and does not panic.
func FuzzFold(f *testing.F) {
	f.Add([]byte(`[{"Seq":1,"Kind":"run.started","Commands":[{"do":"timer","op":1,"due":"2026-01-02T12:00:00Z"},{"do":"activity","op":2}]},` +
		`{"Seq":2,"Kind":"timer.fired","Op":1,"At":"2026-01-03T12:00:00Z","Commands":[{"do":"cancel","op":2}]}]`))
	f.Add([]byte(`[{"Seq":1,"Kind":"run.started","Commands":[{"do":"cancel","op":-1}]}]`))
	f.Add([]byte(`[{"Seq":1,"Kind":"run.started"},{"Seq":2,"Kind":"attempt.failed","Op":9223372036854775807,"Note":{"attempt":1}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var events []journal.Event
		if json.NewDecoder(bytes.NewReader(data)).Decode(&events) != nil {
			return
		}
		s, err := journal.Fold(events)
		require.NotNil(t, s)
		var v *journal.Violation
		if err != nil {
			require.ErrorAs(t, err, &v)
			require.NotEmpty(t, v.Promise)
			require.LessOrEqual(t, s.Seq, int64(len(events)))
		} else {
			require.EqualValues(t, len(events), s.Seq)
		}
		_, _ = s.Phase(), s.Timers()
	})
}
