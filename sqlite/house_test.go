package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	sqlite3 "modernc.org/sqlite"

	"github.com/seed139febb4/durable/journal"
)

// TestLibc compares the version of modernc.org/libc that is built in with the
// one that modernc.org/sqlite was translated for. Others may corrupt files.
func TestLibc(t *testing.T) {
	list := func(format, module string) string {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", format, module)
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s: %s", cmd, exit.Stderr)
		}
		if err != nil {
			t.Skip("there is no go command:", err)
		}
		return strings.TrimSpace(string(out))
	}
	mod, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	require.NoError(t, err)
	want := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindSubmatch(mod)
	require.NotNil(t, want)
	require.Equal(t, string(want[1]), list("{{.Version}}", "modernc.org/libc"))
}

// TestWhoOpensFiles keeps code from opening the file, its -wal or its -shm by
// hand: closing one of these drops locks that SQLite holds, and others then
// delete what they take for theirs.
func TestWhoOpensFiles(t *testing.T) {
	opens := regexp.MustCompile(`\bos\.(Open|OpenFile|Create|ReadFile|WriteFile|Truncate)\(`)
	allowed := map[string]string{
		"header.go": "creates the file, or looks into it before SQLite does, if this process has no handle on it",
		"backup.go": "creates the copy",
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		if allowed[name] == "" {
			require.Empty(t, opens.FindAllString(string(b), -1), "%s opens files", name)
		}
	}
}

func TestOFDLocks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has them")
	}
	openNew(t)
	require.True(t, sqlite3.OFDLockingEnabled())
}

// TestInBubble lets 30 days pass with a real file.
func TestInBubble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(path, Exclusive)
		require.NoError(t, err)
		require.NoError(t, db.Join(t.Context(), silent{}))
		s := begin(t, db, activity(1))
		for range 30 {
			select {
			case <-time.After(24 * time.Hour):
			case <-db.Changed():
				t.Fatal("nobody else is there")
			}
			commit(t, db, s.next(completed(s.last.Seq), activity(s.last.Seq+1)))
		}
		commit(t, db, transact(s.key, 1, insert("a")), signal(s.key, ""))
		require.NoError(t, db.Close())
	})
}

func TestPoolGivesUp(t *testing.T) {
	db := openNew(t)
	var lent []*reader
	for range manyReaders {
		r, err := db.reads.take(bg)
		require.NoError(t, err)
		lent = append(lent, r)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("no longer wanted: %w", context.Canceled))
	_, err := db.Runs(ctx, journal.Filter{})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "no longer wanted")
	for _, r := range lent {
		db.reads.idle <- r
	}
}

func TestRows(t *testing.T) {
	c := openNew(t).writer.conn
	n := 0
	require.NoError(t, c.query(bg, "SELECT ?, ?, ?, ?, ?", func(r row) error {
		n++
		require.Nil(t, r.json(0))
		require.Equal(t, json.RawMessage{}, r.json(1))
		require.Equal(t, json.RawMessage(`{}`), r.json(2))
		require.True(t, r.time(0).IsZero())
		require.True(t, r.time(4).IsZero())
		require.Equal(t, time.Unix(0, 5).UTC(), r.time(3))
		return nil
	}, nil, "", `{}`, int64(5), unset))
	require.Equal(t, 1, n)
	require.ErrorContains(t, c.exec("SELECT ?"), "0 arguments for 1 parameters")
	require.ErrorContains(t, c.exec("SELECT ?", 5), "argument 1 is of a type that is not bound")
	require.Nil(t, jsonArg(nil))
	require.Equal(t, "", jsonArg(json.RawMessage{}))
	require.Equal(t, "[]", jsonList[int](nil))
}
