package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// rows counts those of each table in the journal's file. What transactional steps
// do exactly once is seen there, and not only in what the journal says about it.
func (l *Lab) rows(ctx context.Context) (counts map[string]int, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: l.Journal()}).String())
	if err != nil {
		return nil, fmt.Errorf("look at the tables of %s: %w", l.Journal(), err)
	}
	defer func() {
		if err = errors.Join(err, db.Close()); err != nil {
			err = fmt.Errorf("look at the tables of %s: %w", l.Journal(), err)
		}
	}()
	tables, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return nil, err
	}
	defer tables.Close()
	counts = map[string]int{}
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			return nil, err
		}
		counts[name] = 0
	}
	if err := tables.Err(); err != nil {
		return nil, err
	}
	for name := range counts {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`).Scan(&n); err != nil {
			return nil, err
		}
		counts[name] = n
	}
	return counts, nil
}
