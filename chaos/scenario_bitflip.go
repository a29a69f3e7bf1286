package chaos

import (
	"bytes"
	"fmt"
	"os"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// flipBits flips one bit of a copy of the journal: anywhere, which must be
// reported if an event is not what it was; and in a recorded result, which no
// process may go on with.
func flipBits(t *trial) {
	in := input(Mix{Key: "it", Nap: runner.Duration(nap)})
	t.killed(t.start(Orders{Kills: []Kill{{Token: "it", At: journal.Moment{Point: journal.ActivityCalled, Name: string(after)}}}}, "run", "mixed", "--id", "it", in))
	killed := t.copy("killed")
	t.must(t.Look(func(*sqlite.DB) error { return nil })) // the last one moves the log into the file
	want := t.open(t.copy("unharmed"), "unharmed")
	for n := range t.often(200) {
		from, end := t.Journal(), ""
		if n%4 == 0 {
			from, end = killed, "-wal"
		}
		path := t.copyOf(from, fmt.Sprintf("flip%d", n))
		name := path + end
		at, bit, err := faultvfs.Flip(name, t.rng)
		t.must(err)
		t.died("flip", nil)
		if got := t.examine(path); got.same(want) || got.reported() {
			continue
		}
		t.problem("bit %d of byte %d of %s was flipped: an event is not what it was, and nobody says so", bit, at, name)
	}
	t.mu.Lock()
	t.out.Runs++
	t.mu.Unlock()
	for n := range max(1, t.often(200)/20) {
		t.useFlipped(fmt.Sprintf("used%d", n), in)
	}
}

// useFlipped flips a bit of the result of the first activity, wherever the file
// has it, and runs the rest of the workflow.
func (t *trial) useFlipped(name, in string) {
	path := t.copy(name)
	file, err := os.ReadFile(path)
	t.must(err)
	whole := []byte("answer to it")
	harmed := bytes.Clone(whole)
	harmed[t.rng.IntN(len("answer"))] ^= 1 // another printable character: JSON all the same
	if !bytes.Contains(file, whole) {
		t.fatal("the file does not hold the result that was recorded")
	}
	t.must(os.WriteFile(path, bytes.ReplaceAll(file, whole, harmed), 0o600))
	t.died("flip", nil)
	if img := t.examine(path); !img.reported() {
		t.problem("%s was recorded, %s is read, and nobody says so", whole, harmed)
	}
	u := t.at(path)
	p := u.start(Orders{}, "run", "mixed", "--id", "it", in)
	if code := u.wait(p, 0); code != exitStuck && code != exitFile {
		t.problem("%s was recorded, and a process went on with %s: it ended with %d and %s", whole, harmed, code, p.Stdout())
	}
}

// exitFile is the exit code of the command line for a damaged file.
const exitFile = 8
