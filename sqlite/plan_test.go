package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestPlans: what is asked for all the time is found by an index, however many runs
// there are.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := reopen(t, filepath.Join(t.TempDir(), "test.db"))
	unfinished, limit := listQuery(journal.Filter{Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}, Limit: 20})
	for _, c := range []struct {
		name, query string
		args        []any
		want        string
	}{
		{"unfinished runs", unfinished, limit, "r USING COVERING INDEX runs_unfinished|r USING INDEX runs_unfinished"},
		{"runs with something to do", workByPhase, []any{"[]", "[]", int64(3)}, "r USING INDEX runs_work"},
		{"the next timer", nextTimer, []any{"[]", "[]", int64(0)}, "t USING PRIMARY KEY"},
		{"a run by its ULID", byULID, []any{"X"}, "r USING INDEX runs_ulid"},
		{"a run's messages", unread, []any{int64(1), int64(1)}, "inbox USING COVERING INDEX inbox_run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := ""
			require.NoError(t, db.read(bg, "plan", func(r *reader) error {
				return r.query(bg, "EXPLAIN QUERY PLAN "+c.query, func(r row) error {
					plan += r.text(3) + "\n"
					return nil
				}, c.args...)
			}))
			require.Regexp(t, c.want, plan)
			require.NotContains(t, plan, "TEMP B-TREE FOR ORDER BY")
		})
	}
}
