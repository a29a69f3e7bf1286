package examples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/seed139febb4/durable/runner"
)

// Notify adds a line to a file, once. It may be run again after the line was
// written and before that was recorded; so it writes its idempotency key, which
// is the same then, with the line, and looks for it first. A mail or payment
// service that is given the key does the looking itself.
const Notify runner.Activity[Notice, Notified] = "notify"

// A Notice is a line of text for a file.
type Notice struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// Notified says under which key the line can be found.
type Notified struct {
	Key string `json:"key"`
}

func notify(ctx context.Context, n Notice) (Notified, error) {
	done := Notified{Key: runner.IdempotencyKey(ctx)}
	text, err := os.ReadFile(n.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Notified{}, fmt.Errorf("notify: %w", err)
	}
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(done.Key+"\t")) {
			return done, nil
		}
	}
	f, err := os.OpenFile(n.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return Notified{}, fmt.Errorf("notify: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s\t%s\n", done.Key, n.Text)
	// On disk before it is said to be: or the journal might outlive the line.
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Notified{}, fmt.Errorf("notify: %w", err)
	}
	return done, nil
}
