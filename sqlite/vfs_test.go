package sqlite

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// How much the tests of this package's faults do; CONTRIBUTING.md has the
// commands.
var (
	seedFlag   = flag.Uint64("seed", 1, "of power cuts and flipped bits")
	cutsFlag   = flag.Int("cuts", 300/slow, "how many power cuts TestPowerCuts makes")
	flipsFlag  = flag.Int("flips", 100/slow, "how many bits TestFlippedBits flips")
	opsFlag    = flag.Int("ops", 1000, "how many operations TestSameAsMemory compares, a thousand of each seed")
	faultsFlag = flag.Int("faults", max(1, 60/slow), "about how many calls of each kind TestDiskErrors has fail; 0: all")
)

var disks atomic.Int64

// newDisk is a VFS of the test's own, without faults, and without real syncs.
func newDisk(t testing.TB) *faultvfs.VFS {
	prepareDriver()
	disk, err := faultvfs.Register("disk" + strconv.FormatInt(disks.Add(1), 10))
	require.NoError(t, err)
	disk.Hurry()
	return disk
}

// syncing is an Option that takes from a commit what makes it durable.
type syncing string

func (l syncing) set(s *settings) { s.sync = string(l) }

// ripening is an Option that has checkpoints after so many pages.
type ripening int

func (n ripening) set(s *settings) { s.ripe = int(n) }

// chance makes the random numbers of one case.
func chance(n int) *rand.Rand { return rand.New(rand.NewPCG(*seedFlag, uint64(n))) }
