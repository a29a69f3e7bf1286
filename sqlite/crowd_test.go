package sqlite

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// crowdTime is how long each crowd writes. Nothing depends on how much it gets
// done.
var crowdTime = flag.Duration("crowd", 2*time.Second, "how long each crowd of TestCrowd writes")

// fewCommits of each process say more about who got a processor than about who
// got the file.
const fewCommits = 50

// TestCrowd has real processes write to one file as fast as they can. None is
// turned away, and none gets less than half of its share.
func TestCrowd(t *testing.T) {
	sizes, long := []int{2, 4, 8}, *crowdTime
	if testing.Short() {
		sizes, long = sizes[1:2], long/4
	}
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			db := openNew(t)
			require.NoError(t, db.Leave())
			crowd := make([]*writerProcess, size)
			for i := range crowd {
				crowd[i] = startWriter(t, db.path)
			}
			for _, p := range crowd {
				p.hear("ready")
			}
			for _, p := range crowd {
				_, err := fmt.Fprintln(p.in, "go")
				require.NoError(t, err)
			}
			time.Sleep(long)
			for _, p := range crowd {
				require.NoError(t, p.in.Close())
			}
			var counts []int
			total, longest := 0, 0
			for _, p := range crowd {
				counts = append(counts, p.hear("commits"))
				total += counts[len(counts)-1]
				longest = max(longest, p.hear("longest"))
				require.NoError(t, p.cmd.Wait())
			}
			t.Logf("%d commits: %v; the longest took %v", total, counts, time.Duration(longest))
			if total < fewCommits*size {
				t.Log("the machine is too busy to judge that")
				return
			}
			for i, n := range counts {
				assert.GreaterOrEqual(t, n*2*size, total, "process %d of %v", i, counts)
			}
		})
	}
}

// A writerProcess is one of a crowd.
type writerProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

func startWriter(t *testing.T, path string) *writerProcess {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrowdChild$")
	cmd.Env = append(os.Environ(), "SQLITE_TEST_CROWD="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &writerProcess{t, cmd, in, out}
}

// hear reads one line, a word and a number.
func (p *writerProcess) hear(word string) (n int) {
	p.t.Helper()
	_, err := fmt.Fscanf(p.out, word+" %d\n", &n)
	require.NoError(p.t, err, "the process failed: what it was refused with is above")
	return n
}

// TestCrowdChild is a process of a crowd: it commits from a first line until the
// end of its input.
func TestCrowdChild(t *testing.T) {
	path := os.Getenv("SQLITE_TEST_CROWD")
	if path == "" {
		t.Skip("only TestCrowd runs this")
	}
	db, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, db.Join(t.Context(), silent{}))
	ulids.Store(int64(os.Getpid()))
	s := begin(t, db, activity(1))
	fmt.Println("ready", s.key)
	_, err = fmt.Scanln(new(string))
	require.NoError(t, err)
	var over atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		over.Store(true)
	}()
	commits, longest := 0, time.Duration(0)
	for ; !over.Load(); commits++ {
		next := s.next(completed(s.last.Seq), activity(s.last.Seq+1))
		began := time.Now()
		if err := db.Commit(next); err != nil || next.Err != nil {
			fmt.Fprintln(os.Stderr, "commit", commits, "failed:", err, next.Err)
			os.Exit(1)
		}
		longest = max(longest, time.Since(began))
	}
	fmt.Println("commits", commits)
	fmt.Println("longest", int64(longest))
	run, err := db.Run(t.Context(), journal.Ref{Key: s.key})
	require.NoError(t, err)
	require.EqualValues(t, commits+1, run.LastSeq)
	require.NoError(t, db.Close())
}
