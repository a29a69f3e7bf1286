package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// An eventJSON is an event as docs/json.md describes it.
type eventJSON struct {
	Seq      int64           `json:"seq"`
	At       string          `json:"at"`
	Kind     journal.Kind    `json:"kind"`
	Op       int64           `json:"op,omitempty"`
	Name     string          `json:"name,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Note     json.RawMessage `json:"note,omitempty"`
	Commands json.RawMessage `json:"commands,omitempty"`
	Sum      uint32          `json:"sum"`
}

func exportEvent(e journal.Event) eventJSON {
	return eventJSON{e.Seq, stamp(e.At), e.Kind, e.Op, e.Name, e.Data, e.Note, e.Commands, e.Sum}
}

// showEvents prints events as they are stored; on a terminal what matters of
// them, one a line.
func (s *invocation) showEvents(events []journal.Event) error {
	header := []string{"SEQ", "AT", "KIND", "OP", "NAME", "DATA", "COMMANDS", "NOTE"}
	if !s.out.text() {
		rows := make([]eventJSON, len(events))
		for i, e := range events {
			rows[i] = exportEvent(e)
		}
		return list(s.out, rows, nil, nil)
	}
	return list(s.out, events, header, func(e journal.Event) []cell {
		op := ""
		if e.Op != 0 {
			op = fmt.Sprint(e.Op)
		}
		return []cell{
			same(fmt.Sprint(e.Seq)), {human: e.At.Local().Format("15:04:05.000"), plain: stamp(e.At)}, {human: clean(string(e.Kind)), plain: clean(string(e.Kind)), fit: fitNever}, same(op), same(e.Name),
			{human: cut(clean(string(e.Data)), 60), plain: clean(string(e.Data))},
			{human: cut(commandsInWords(&e), 60), plain: clean(string(e.Commands))},
			{human: cut(noteInWords(e.Facts()), 60), plain: clean(string(e.Note))},
		}
	})
}

// commandsInWords names what was asked for: "activity pay, timer 10s".
func commandsInWords(e *journal.Event) string {
	commands, err := e.Asked()
	if err != nil {
		return clean(string(e.Commands))
	}
	var parts []string
	for _, c := range commands {
		text := string(c.Kind) + " " + clean(c.Name)
		if c.Kind == journal.StartTimer {
			text += exact(c.For)
		}
		parts = append(parts, strings.TrimSpace(text))
	}
	return strings.Join(parts, ", ")
}

// noteInWords is who sent the event, and which attempt it is about.
func noteInWords(n journal.Note) string {
	var parts []string
	if n.By != "" {
		parts = append(parts, by(n.By, n.Verified))
	}
	if n.Attempt > 0 {
		parts = append(parts, fmt.Sprintf("attempt %d", n.Attempt))
	}
	if n.Key != "" {
		parts = append(parts, "key "+clean(n.Key))
	}
	return strings.Join(parts, ", ")
}
