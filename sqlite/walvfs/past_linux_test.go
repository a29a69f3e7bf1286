package walvfs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/sqlite/walvfs"
)

// TestPastTheCache holds that a connection that keeps its snapshot, and has no
// readers, writes past the cache, and that what it has written is there for another
// one, and for a copy that is opened after a crash.
func TestPastTheCache(t *testing.T) {
	dir := t.TempDir()
	var system syscall.Statfs_t
	require.NoError(t, syscall.Statfs(dir, &system))
	if system.Type != 0xef53 && system.Type != 0x58465342 {
		t.Skip("neither ext4 nor xfs")
	}
	path := filepath.Join(dir, "a.db")
	name, err := walvfs.Over("")
	require.NoError(t, err)
	db := open(t, path, name)
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	require.NoError(t, err)
	_, err = conn.ExecContext(ctx, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x BLOB); CREATE TABLE u (x); INSERT INTO u VALUES (1), (2)")
	require.NoError(t, err)
	want := map[int]int{}
	for i := range 400 {
		if i == 200 { // the log begins again, as long as it is
			_, err = conn.ExecContext(ctx, "PRAGMA wal_checkpoint(RESTART)")
			require.NoError(t, err)
			require.False(t, isOpen(t, path+"-wal", syscall.O_DIRECT|syscall.O_DSYNC))
			pin, err := conn.QueryContext(ctx, "SELECT x FROM u")
			require.NoError(t, err)
			defer pin.Close()
			require.True(t, pin.Next())
		}
		_, err := conn.ExecContext(ctx, "INSERT OR REPLACE INTO t VALUES (?, ?, zeroblob(?))", i%30, i, i%200*50)
		require.NoError(t, err)
		want[i%30] = i
		if i%20 == 19 {
			require.Equal(t, want, content(t, open(t, crashed(t, path), "")))
		}
	}
	other := open(t, path, "")
	require.Equal(t, want, content(t, other))
	require.NoError(t, other.Close())
	require.True(t, isOpen(t, path+"-wal", syscall.O_DIRECT|syscall.O_DSYNC))
}

// isOpen reports whether this process has a file open with these flags.
func isOpen(t *testing.T, path string, flags int) bool {
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, fd := range fds {
		target, err := os.Readlink("/proc/self/fd/" + fd.Name())
		if err != nil || !strings.HasPrefix(target, path) {
			continue
		}
		info, err := os.ReadFile("/proc/self/fdinfo/" + fd.Name())
		require.NoError(t, err)
		var position, has int
		_, err = fmt.Sscanf(string(info), "pos:\t%d\nflags:\t%o", &position, &has)
		require.NoError(t, err)
		if has&flags == flags {
			return true
		}
	}
	return false
}
