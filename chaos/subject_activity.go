package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed139febb4/durable/runner"
)

func takeTime(ctx context.Context, p Pause) (string, error) {
	select {
	case <-time.After(time.Duration(p.Time)):
		return "took " + p.Time.String(), nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func workUnits(ctx context.Context, u Units) (done int, err error) {
	notes, err := OpenLedger(u.Notes)
	if err != nil {
		return 0, err
	}
	defer notes.Close()
	done, _ = runner.LastProgress[int](ctx)
	for done < u.Units && err == nil {
		if _, err = takeTime(ctx, Pause{Time: u.Each}); err != nil {
			break
		}
		done++
		if err = notes.Note(strconv.Itoa(done)); err == nil {
			err = runner.Heartbeat(ctx, done)
		}
	}
	return done, err
}

func answer(_ context.Context, question string) (string, error) { return "answer to " + question, nil }

func failFirst(ctx context.Context, times int) (string, error) {
	if n := runner.Attempt(ctx); n <= times {
		return "", fmt.Errorf("attempt %d of %d that fail", n, times)
	}
	return "succeeded at last", nil
}

func makeBlob(_ context.Context, size int) (string, error) { return strings.Repeat("x", size), nil }

const entered runner.Schema = `CREATE TABLE IF NOT EXISTS entered (key TEXT NOT NULL) STRICT`

// enterRow returns how many rows there are of the key.
func enterRow(ctx context.Context, tx *sql.Tx, p Pause) (rows int, err error) {
	if _, err := tx.ExecContext(ctx, `INSERT INTO entered (key) VALUES (?)`, p.Key); err != nil {
		return 0, err
	}
	time.Sleep(time.Duration(p.Time)) // too long for a step, which is what this is for
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM entered WHERE key = ?`, p.Key).Scan(&rows)
	return rows, errors.Join(err, ctx.Err())
}
