package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/stretchr/testify/require"
)

// smallDisk is a folder on a disk of 32 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=32m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
	return folder
}

// fill leaves no room on the disk of that folder.
func fill(t *testing.T, folder string) (filler string) {
	t.Helper()
	filler = filepath.Join(folder, "filler")
	f, err := os.Create(filler)
	require.NoError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	return filler
}

// heard passes on what is logged.
type heard chan string

func (h heard) Write(line []byte) (int, error) {
	h <- string(line)
	return len(line), nil
}

func (h heard) await(t *testing.T, text string) {
	t.Helper()
	for end := time.After(time.Minute); ; {
		select {
		case line := <-h:
			if strings.Contains(line, text) {
				return
			}
		case <-end:
			t.Fatalf("nobody says %q", text)
		}
	}
}

// TestDiskReallyFull fills a real disk under four runs. Their work pauses, and
// goes on once there is room; nothing fails and nothing is lost.
func TestDiskReallyFull(t *testing.T) {
	const runs, steps, size = 4, 30, 64 << 10
	folder := smallDisk(t)
	path := filepath.Join(folder, "test.db")
	db, err := sqlite.Open(path)
	require.NoError(t, err)
	full, log := make(chan struct{}), make(heard, 1000)
	e, err := New(Config{Store: db, Logger: slog.New(slog.NewTextHandler(log, nil)), Bindings: []host.Binding{
		activity("a", func(context.Context, string) (string, error) { <-full; return strings.Repeat("x", size), nil }),
		workflow("w", func(h host.Host) (string, error) {
			for i := range steps {
				if _, err := do(h, "a", i, host.Options{}); err != nil {
					return "", err
				}
			}
			return "done", nil
		})}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	var keys []int64
	for i := range runs {
		row, _, err := e.Start(ctx, StartRequest{Workflow: "w", ID: fmt.Sprint("run-", i)})
		require.NoError(t, err)
		keys = append(keys, row.Key)
	}
	filler := fill(t, folder)
	close(full)
	log.await(t, "work pauses until it can be recorded")
	for _, key := range keys {
		row, err := db.Run(ctx, journal.Ref{Key: key})
		require.NoError(t, err)
		require.Equal(t, journal.StatusOpen, row.Status)
		t.Logf("%s pauses at event %d", row.ID, row.LastSeq)
	}
	require.NoError(t, os.Remove(filler))
	log.await(t, "work goes on")
	for _, key := range keys {
		out, err := e.Result(ctx, key)
		require.NoError(t, err)
		require.JSONEq(t, `"done"`, string(out))
	}
	stop()
	require.NoError(t, <-ended)
	for v, err := range journal.Check(context.Background(), db) {
		require.NoError(t, err)
		t.Errorf("the journal is broken: %v", v)
	}
	require.NoError(t, db.Close())
}
