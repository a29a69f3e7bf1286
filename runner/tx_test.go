package runner_test

import (
	"context"
	"database/sql"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

const (
	Insert runner.Tx[string, int64] = "insert"
	Count  runner.Tx[string, int]   = "count"

	names runner.Schema = `CREATE TABLE names (name TEXT NOT NULL) STRICT; CREATE INDEX names_name ON names (name)`
)

func insert(ctx context.Context, tx *sql.Tx, name string) (int64, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO names (name) VALUES (?)`, name)
	if err != nil {
		return 0, err
	}
	if name == "bad" {
		return 0, runner.NonRetryable(errBad)
	}
	return result.LastInsertId()
}

func count(ctx context.Context, tx *sql.Tx, name string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM names WHERE name = ?`, name).Scan(&n)
	return n, err
}

func TestTx(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db := openSQLite(t, dir)
		got, err := run(t, db, func(ctx *runner.Context) (counts []int, err error) {
			if _, err := Insert.Do(ctx, "ada"); err != nil {
				return nil, err
			}
			_, failed := Insert.Do(ctx, "bad")
			for _, name := range []string{"ada", "bad"} {
				n, err := Count.Do(ctx, name)
				if err != nil {
					return nil, err
				}
				counts = append(counts, n)
			}
			require.ErrorIs(t, failed, errBad)
			require.ErrorContains(t, failed, `transaction "insert": `)
			return counts, nil
		}, Insert.Bind(insert, names), Count.Bind(count, names))
		require.NoError(t, err)
		require.Equal(t, []int{1, 0}, got, "a failed step leaves no rows")
	})
}

func TestTxNeedsSQL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := run(t, journal.NewMemory().Open(), func(ctx *runner.Context) (int64, error) {
			return Insert.Do(ctx, "ada", runner.Attempts(1))
		}, Insert.Bind(insert, names))
		require.ErrorContains(t, err, `transaction "insert": `)
		require.ErrorContains(t, err, journal.ErrNoTx.Error())
	})
}
