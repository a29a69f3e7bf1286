package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// The rules of output:
//
//   - Standard output carries what was asked for and nothing else. All that
//     people read beside it goes through the screen (standard error).
//   - On a terminal: aligned columns with a header, short ids, relative times,
//     and a status as symbol, word and colour; cut or wrapped where it is too
//     narrow. Elsewhere: tab-separated columns
//     without a header, full ids, RFC 3339 in UTC, nothing cut.
//   - JSON is indented on a terminal and one line elsewhere. A list is one array
//     with -o json, one object a line with -o jsonl.
//   - Messages start in lower case and have no full stop. An error is one line
//     "error: ..." and perhaps some lines "hint:  ...".
//   - Text that others wrote (ids, names, payloads, errors) is printed through
//     clean or cleanJSON: it cannot move the cursor or hide anything.
//   - Colour: --color, else NO_COLOR, else CLICOLOR_FORCE, else only on a
//     terminal that is not dumb. Nothing is said by colour alone. JSON has none.

// A printer writes standard output.
type printer struct {
	w      io.Writer
	tty    bool
	width  func() int // how many columns there are; 0: not known
	format string     // text, json or jsonl
	style  style
}

func (p *printer) text() bool { return p.format == formatText }

// The values of -o.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatJSONL = "jsonl"
)

// JSON prints one value, or a raw document.
func (p *printer) JSON(v any) error {
	raw, ok := v.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return fmt.Errorf("printing JSON: %w", err)
		}
	}
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	var b bytes.Buffer
	var err error
	if p.tty && p.format != formatJSONL {
		err = json.Indent(&b, raw, "", "  ")
	} else {
		err = json.Compact(&b, raw)
	}
	if err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err = p.w.Write(cleanJSON(b.Bytes()))
	return err
}

// list prints one value per item as JSON, or as a table in text form.
func list[T any](p *printer, items []T, header []string, row func(T) []cell) error {
	switch p.format {
	case formatJSON:
		if items == nil {
			items = []T{}
		}
		return p.JSON(items)
	case formatJSONL:
		for _, it := range items {
			if err := p.JSON(it); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]cell, len(items))
	for i, it := range items {
		rows[i] = row(it)
	}
	if p.tty && len(rows) == 0 {
		return nil
	}
	return p.table(header, rows)
}

// isTerminal reports whether w is one. The null device is not.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
