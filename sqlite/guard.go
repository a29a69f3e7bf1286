package sqlite

import (
	"strings"

	sqlite3 "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// ours are the tables and views of the journal, and SQLite's own that it
// relies on. User code may read them.
var ours = map[string]bool{
	"meta": true, "processes": true, "runs": true, "events": true, "inbox": true, "keys": true, "timers": true,
	"progress": true, "crashes": true, "schemas": true, "overview": true, "history": true, "operations": true,
	"sqlite_sequence": true,
}

// A guard watches the writer's connection. While a transactional step has it,
// the authorizer forbids what would reach beyond the step; the two hooks tell
// what no statement does: that the transaction has ended by itself, and that
// something would commit which is not the committer. It is installed once and
// switched by its fields: changing an authorizer expires every statement.
type guard struct {
	strict     bool // a step has the connection
	committing bool // the committer's own COMMIT, or a single statement of its own, is running
	gone       bool // the transaction was rolled back
	ddl        bool // a table was made or changed since the step began
	dropping   bool // the statement drops a table, so SQLite forgets its sequence
}

func (g *guard) install(c *conn) error {
	hooks := c.dc.(sqlite3.HookRegisterer)
	hooks.RegisterCommitHook(func() int32 {
		if g.committing {
			return 0
		}
		return 1 // makes a rollback of it
	})
	hooks.RegisterRollbackHook(func() { g.gone = true })
	return c.dc.(sqlite3.AuthorizerRegisterer).RegisterAuthorizer(g.authorize)
}

// authorize is asked about each thing a statement does, when it is prepared.
func (g *guard) authorize(action sqlite3.AuthorizerActionCode, arg1, arg2, schema, _ string) sqlite3.AuthorizerReturnCode {
	if g.strict && g.forbidden(action, arg1, arg2) {
		return codes.SQLITE_DENY
	}
	return codes.SQLITE_OK
}

func (g *guard) forbidden(action sqlite3.AuthorizerActionCode, arg1, arg2 string) bool {
	switch action {
	case sqlite3.AuthTransaction, sqlite3.AuthSavepoint, sqlite3.AuthAttach, sqlite3.AuthDetach,
		sqlite3.AuthAnalyze: // not AuthReindex: CREATE INDEX asks for that, too
		return true
	case sqlite3.AuthPragma:
		return arg1 != "data_version" // full-text tables ask for it
	case sqlite3.AuthCreateTempTable, sqlite3.AuthCreateTempView, sqlite3.AuthCreateTempTrigger, sqlite3.AuthCreateTempIndex:
		return true // they would outlive the step, and could hide our tables
	case sqlite3.AuthDropTable:
		g.dropping = true
		return isOurs(arg1)
	case sqlite3.AuthDelete:
		if g.dropping && arg1 == "sqlite_sequence" {
			g.dropping = false
			return false
		}
		return isOurs(arg1)
	case sqlite3.AuthInsert, sqlite3.AuthUpdate, sqlite3.AuthDropView, sqlite3.AuthDropVTable:
		return isOurs(arg1)
	case sqlite3.AuthCreateTrigger, sqlite3.AuthDropTrigger, sqlite3.AuthCreateIndex, sqlite3.AuthDropIndex:
		return isOurs(arg2)
	case sqlite3.AuthAlterTable:
		g.ddl = true
		return isOurs(arg2)
	case sqlite3.AuthCreateTable:
		g.ddl = true
	}
	return false
}

func isOurs(table string) bool { return ours[strings.ToLower(table)] }

// foreignKeys finds a table of the user's that refers to one of ours: such a
// key could make the journal's own deletes fail.
const foreignKeys = `SELECT s.name FROM sqlite_schema s, pragma_foreign_key_list(s.name) f
WHERE s.type = 'table' AND lower(f."table") IN (SELECT value FROM json_each(?)) LIMIT 1`
