package engine

import (
	"hash/fnv"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"
)

func seed(ulid string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(ulid))
	return h.Sum64()
}

func splitmix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// newULID names a run for good. It sorts by time, to the millisecond.
func newULID(s Scheduler) string {
	var id ulid.ULID
	_ = id.SetTime(uint64(max(0, s.Now().UnixMilli()))) // fails beyond the year 10889
	hi, lo := s.Rand(), s.Rand()
	for i := range 8 {
		id[6+i] = byte(hi >> (8 * i))
	}
	id[14], id[15] = byte(lo), byte(lo>>8)
	return id.String()
}

// childID names a child its parent gave no name.
func childID(parent string, op int64) string { return parent + "." + strconv.FormatInt(op, 10) }

// idempotencyKey is the same for every attempt of one operation, also after a
// crash, and different for every other operation of every run.
func idempotencyKey(run string, op int64) string { return run + "-" + strconv.FormatInt(op, 10) }

// jitter returns d shortened or lengthened by up to share of it, the same for
// the same run, operation and attempt.
func jitter(d time.Duration, share float64, run string, op int64, attempt int) time.Duration {
	if share <= 0 {
		return d
	}
	r := splitmix(seed(run) ^ uint64(op)<<20 ^ uint64(attempt))
	unit := float64(r>>11)/(1<<53)*2 - 1 // [-1, 1)
	return d + time.Duration(unit*share*float64(d))
}
