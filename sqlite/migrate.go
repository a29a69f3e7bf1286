package sqlite

import (
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/seed139febb4/durable/journal"
)

// The layouts, in order: number n leads from layout n-1 to n. A file that was
// released is never edited again.
//
//go:embed migration/*.sql
var migrationFiles embed.FS

// migrations holds the SQL of each layout; tests lengthen it.
var migrations = readMigrations(migrationFiles)

func readMigrations(files fs.FS) (all []string) {
	names, _ := fs.Glob(files, "migration/*.sql") // sorted; the pattern is well formed
	for _, name := range names {
		sql, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		all = append(all, string(sql))
	}
	return all
}

// layout is the newest layout this program knows.
func layout() uint32 { return uint32(len(migrations)) }

// version reads the layout of the file.
func (c *conn) version() (uint32, error) {
	v, _, err := c.one("PRAGMA user_version")
	return uint32(v), err
}

// migrate brings the file to the newest layout in one transaction. It may be
// called by several processes at once: the first one does it.
func migrate(c *conn, s settings) (err error) {
	s.probe.At(journal.MigrationBefore)
	if err := c.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = c.run("ROLLBACK") // err is the cause
		}
	}()
	from, err := c.version()
	if err != nil {
		return err
	}
	if from > layout() {
		return newer(from)
	}
	for n := from; n < layout(); n++ {
		if err := c.run(migrations[n]); err != nil {
			return fmt.Errorf("migration %d: %w", n+1, err)
		}
	}
	if from == 0 {
		if err := nameFile(c); err != nil {
			return err
		}
		if s.scratch {
			if err := c.run("INSERT INTO meta (key, value) VALUES ('scratch', 'durable chaos may do to this file what it likes')"); err != nil {
				return err
			}
		}
	}
	if err := c.run("PRAGMA user_version = " + strconv.Itoa(int(layout()))); err != nil {
		return err
	}
	s.probe.At(journal.MigrationWritten)
	err = c.run("COMMIT")
	s.probe.At(journal.MigrationAfter)
	return err
}

// nameFile gives the file an id of its own. A copy gets another one, so that
// nobody takes the one for the other.
func nameFile(c *conn) error {
	id, err := ulid.New(ulid.Now(), rand.Reader)
	if err != nil {
		return err
	}
	const put = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
	if err := c.exec(put, "file", id.String()); err != nil {
		return err
	}
	err = c.exec(put, "created", time.Now().UTC().Format(time.RFC3339Nano))
	return err
}

// fileID reads the file's own id.
func (c *conn) fileID() (id string, err error) {
	err = c.query(bg, "SELECT value FROM meta WHERE key = 'file'", func(r row) error {
		id = r.text(0)
		return nil
	})
	return id, err
}
