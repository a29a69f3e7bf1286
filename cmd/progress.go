package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// beats are the last recorded heartbeats of a run, by operation.
func (r *client) beats(ctx context.Context, run int64) (map[int64]json.RawMessage, error) {
	d, err := r.db.Details(ctx, run)
	if err != nil {
		return nil, following(ctx, err)
	}
	return d.Progress, nil
}

// progress is a heartbeat in a few words, for people: a text or number as it is,
// of an object the fields that are short, "units 12, done 3%".
func progress(beat json.RawMessage) string {
	const most = 40 // columns
	d := json.NewDecoder(bytes.NewReader(beat))
	d.UseNumber()
	switch first, err := d.Token(); {
	case err != nil || first == nil:
		return ""
	case first == json.Delim('['):
		return brief(beat)
	case first != json.Delim('{'):
		return cut(clean(fmt.Sprint(first)), most)
	}
	var parts []string
	for d.More() {
		name, err := d.Token()
		var value any
		if err != nil || d.Decode(&value) != nil {
			break
		}
		switch value.(type) {
		case json.Number, bool, string:
			if text := clean(fmt.Sprint(value)); columnsIn(text) <= most/2 {
				parts = append(parts, clean(fmt.Sprint(name))+" "+text)
			}
		}
	}
	if len(parts) == 0 {
		return brief(beat)
	}
	return cut(strings.Join(parts, ", "), most)
}
