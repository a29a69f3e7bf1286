package examples

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Record writes a line into the ledger, a table in the journal's own file. The
// row and the note that it was written are one commit, so there is nothing to
// look for before, and nothing to repair after: it happens exactly once.
const Record runner.Tx[Entry, int64] = "record"

// An Entry is a line of the ledger.
type Entry struct {
	Ticket string    `json:"ticket"`
	Text   string    `json:"text"`
	Amount int       `json:"amount,omitempty"`
	At     time.Time `json:"at"`
}

const ledger runner.Schema = `
CREATE TABLE IF NOT EXISTS ledger (
	id     INTEGER PRIMARY KEY,
	ticket TEXT    NOT NULL,
	text   TEXT    NOT NULL,
	amount INTEGER NOT NULL,
	at     TEXT    NOT NULL
) STRICT`

func record(ctx context.Context, tx *sql.Tx, e Entry) (row int64, err error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO ledger (ticket, text, amount, at) VALUES (?, ?, ?, ?)`,
		e.Ticket, e.Text, e.Amount, e.At.UTC().Format(time.RFC3339Nano))
	if err != nil {
		return 0, fmt.Errorf("ledger: %w", err)
	}
	return result.LastInsertId()
}
