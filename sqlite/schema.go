package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
)

const selectSchema = `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL`

// definitions are what the migrations make: the SQL of each table, index and
// view, by name.
func definitions(ctx context.Context) (made map[string]string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // each has a memory of its own
	opening.Lock()        // handleOf must not take it for the connection that it waits for
	err = db.PingContext(ctx)
	opening.Unlock()
	if err != nil {
		return nil, err
	}
	for _, m := range migrations {
		if _, err := db.ExecContext(ctx, m); err != nil {
			return nil, err
		}
	}
	rows, err := db.QueryContext(ctx, selectSchema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	made = map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		made[name] = text
	}
	return made, rows.Err()
}

// checkSchema finds tables, indexes and views of the journal that are not as they
// were made: SQLite's own check takes any that it can read. Those of steps are no
// concern of it.
func (r *reader) checkSchema(ctx context.Context) (problems []string, err error) {
	made, err := definitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("make a schema to compare with: %w", err)
	}
	err = r.query(ctx, selectSchema, func(r row) error {
		name := r.text(0)
		if text, ours := made[name]; ours && text != r.text(1) {
			problems = append(problems, fmt.Sprintf("%s is not defined as this program does it", name))
		}
		delete(made, name)
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(made)) {
		problems = append(problems, fmt.Sprintf("%s is missing", name))
	}
	return problems, err
}
