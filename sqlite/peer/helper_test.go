package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		child(path)
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what must come. No test measures it.
const patience = 20 * time.Second

// A recorder is a Handler that keeps what it hears.
type recorder struct {
	nudged chan int64
	died   chan struct{}
	answer func(ctx context.Context, question []byte) ([]byte, error)
}

func newRecorder() *recorder {
	return &recorder{
		nudged: make(chan int64, 1000),
		died:   make(chan struct{}, 1000),
		answer: func(_ context.Context, q []byte) ([]byte, error) {
			if string(q) == "fail" {
				return nil, errors.New("it failed")
			}
			return append([]byte("re: "), q...), nil
		},
	}
}

func (r *recorder) Nudged(run int64) { r.nudged <- run }
func (r *recorder) Died()            { r.died <- struct{}{} }
func (r *recorder) Called(ctx context.Context, q []byte) ([]byte, error) {
	return r.answer(ctx, q)
}

// await returns what comes from c.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("still waiting for %s", what)
		panic("unreachable")
	}
}

// until waits for a state that announces itself by nothing.
func until(t testing.TB, ok func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("still waiting until %s", what)
		}
	}
}

// base returns where a database would be, in a folder of its own with a path
// short enough for a socket.
func base(t testing.TB) string {
	t.Helper()
	temp := "" // where the system says
	if runtime.GOOS != "windows" {
		temp = "/tmp" // shorter than what macOS says
	}
	folder, err := os.MkdirTemp(temp, "peer")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, "x.db")
}

func open(t testing.TB, path string) *Dir {
	t.Helper()
	d, err := Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func join(t testing.TB, path string) (*Dir, *Member, *recorder) {
	t.Helper()
	d, r := open(t, path), newRecorder()
	m, err := d.Join(r)
	require.NoError(t, err)
	return d, m, r
}

// linked waits until d has a connection to the member.
func linked(t testing.TB, d *Dir, token string) {
	t.Helper()
	h := d.hub()
	until(t, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.links[token] != nil && h.known[token]
	}, "there is a connection to "+token)
}

// finished waits until no goroutine of this package but the tests' is left.
func finished(t testing.TB) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	until(t, func() bool {
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			for _, of := range []string{"(*hub)", "(*link)", "(*queue)"} {
				if strings.Contains(stack, "sqlite/peer."+of) && !strings.Contains(stack, "_test.go") {
					return false
				}
			}
		}
		return true
	}, "every goroutine has ended")
}
