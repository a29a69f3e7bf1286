package sqlite

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	sqlite3 "modernc.org/sqlite"

	"github.com/seed139febb4/durable/journal"
)

// TestLocksStripped has a process read its own journal as a file, and the -shm,
// which drops POSIX locks, while another one opens and closes it. The OFD lock on
// the database is enough to keep the other one from deleting the log in use.
func TestLocksStripped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has OFD locks")
	}
	t.Run("OFD", func(t *testing.T) {
		acknowledged, found, err := stripLocks(t, "ofd")
		require.NoError(t, err)
		require.GreaterOrEqual(t, found, acknowledged)
	})
	t.Run("POSIX", func(t *testing.T) { // or this test proves nothing
		acknowledged, found, err := stripLocks(t, "posix")
		require.True(t, err != nil || found < acknowledged, "%d events were acknowledged, %d are there", acknowledged, found)
	})
}

// stripLocks returns the last event that the other process acknowledged, and the
// last one in the file.
func stripLocks(t *testing.T, locks string) (acknowledged, found int64, err error) {
	path := filepath.Join(t.TempDir(), "test.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLocksStrippedChild$")
	cmd.Env = append(os.Environ(), "SQLITE_TEST_STRIP="+path, "SQLITE_TEST_LOCKS="+locks)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	var key int64
	for range 5 {
		if _, err := fmt.Fscanf(out, "%d %d\n", &key, &acknowledged); err != nil {
			return acknowledged, 0, err // it has noticed
		}
		visitor, err := Open(path)
		require.NoError(t, err)
		require.NoError(t, visitor.Close())
		fmt.Fprintln(in)
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	run, err := reopen(t, path).Run(t.Context(), journal.Ref{Key: key})
	return acknowledged, run.LastSeq, err
}

// TestLocksStrippedChild is the process that reads its own file.
func TestLocksStrippedChild(t *testing.T) {
	t.Parallel()
	path := os.Getenv("SQLITE_TEST_STRIP")
	if path == "" {
		t.Skip("only TestLocksStripped runs this")
	}
	if os.Getenv("SQLITE_TEST_LOCKS") == "posix" {
		prepareDriver = func() { _, _ = sqlite3.OFDLocking(false) }
	}
	db := reopen(t, path)
	require.NoError(t, db.Join(t.Context(), silent{}))
	s := begin(t, db, activity(1))
	answers := bufio.NewScanner(os.Stdin)
	for {
		commit(t, db, s.next(completed(s.last.Seq), activity(s.last.Seq+1)))
		for _, name := range []string{path, path + "-shm"} {
			_, err := os.ReadFile(name)
			require.NoError(t, err)
		}
		fmt.Println(s.key, s.last.Seq)
		answers.Scan()
	}
}
