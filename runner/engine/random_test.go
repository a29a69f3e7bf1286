package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed139febb4/durable/journal"
)

var (
	seeds    = flag.Int("seeds", 500, "how many random programs to simulate; a fifth of them runs on goroutines, too")
	oneSeed  = flag.Uint64("seed", 0, "run only the random program of this seed")
	firstOne = flag.Uint64("firstseed", 1, "the first seed")
)

// memoryDisk is a journal in memory.
type memoryDisk struct {
	*journal.Memory
	calm *journal.MemoryStore
}

func newMemoryDisk() *memoryDisk {
	m := journal.NewMemory()
	return &memoryDisk{m, m.Open()}
}

func (d *memoryDisk) reader() journal.Store { return d.calm }

func (d *memoryDisk) open() disked { return memoryHandle{d.Open()} }

type memoryHandle struct{ *journal.MemoryStore }

func (h memoryHandle) kill() { h.Kill() }

// TestRandomPrograms runs each program twice: once undisturbed, and once with
// crashes, suspensions and full disks, and by one to three processes. The
// outcome must be the same.
func TestRandomPrograms(t *testing.T) {
	if *oneSeed != 0 {
		t.Run(fmt.Sprint("seed ", *oneSeed), func(t *testing.T) { playBoth(t, *oneSeed) })
		return
	}
	n := *seeds / 5
	if testing.Short() {
		n = min(n, 20)
	}
	for i := range n {
		seed := *firstOne + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { playBoth(t, seed) })
	}
}

func playBoth(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	g := &generator{Rand: r}
	n := g.program(2 + r.IntN(14))
	var want, got outcome
	t.Run("calm", func(t *testing.T) { want = playOn(t, n, &weather{Rand: r, noise: time.Minute}, Config{}, 1) })
	stormy, c := storm(r, n)
	t.Run("stormy", func(t *testing.T) { got = playOn(t, n, stormy, c, 1+r.IntN(3)) })
	if t.Failed() || want != got {
		t.Fatalf("-seed %d: undisturbed it gives\n%v\nhere it gives\n%v\nthe program is\n%v", seed, want, got, n)
	}
}

// storm makes bad weather, and processes to brave it.
func storm(r *rand.Rand, n node) (*weather, Config) {
	w := &weather{
		Rand: r, crashes: r.IntN(5), life: time.Duration(r.IntN(20)+1) * time.Second,
		crash: r.Float64() / 10, full: r.Float64() / 100,
		dawdle: pick(r, 10*time.Microsecond, time.Millisecond, 50*time.Millisecond, time.Second),
		noise:  pick(r, 10*time.Millisecond, time.Second, 5*time.Second),
	}
	c := Config{Resident: 1 + r.IntN(3), Page: pick(r, 1, 2, 5, eventsAtOnce)}
	switch r.IntN(6) {
	case 0:
		c.Only = n.count(doStart) == 0 // which nobody would take up
	case 1:
		w.drains = true
	}
	if r.IntN(2) == 0 {
		c.Concurrency = 1 + r.IntN(3) + n.count(doForever, doPatient, doDie, doLate, doStart) // which keep their place
	}
	return w, c
}

func playOn(t *testing.T, n node, w *weather, c Config, processes int) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, new(bubble), w, c)
		disk := newMemoryDisk()
		s.disk = disk
		disk.Inject(func(by *journal.MemoryStore, _ []journal.Write) journal.Fault {
			if by == disk.calm {
				return journal.NoFault
			}
			return s.fault()
		})
		o = s.play(n, processes)
		s.check()
	})
	return o
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
