package examples

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Crunch computes for a long time: a chain of hashes, in units of a few
// milliseconds. After each unit it reports how far it has come, and with what;
// when its process is killed the next attempt goes on from there, and the digest
// is the same as without the kill.
const Crunch runner.Activity[Load, Digest] = "crunch"

// A Load is an amount of work.
type Load struct {
	Units int `json:"units"`
}

// A Digest is the state of the chain after Units. It is both the progress and
// the result.
type Digest struct {
	Units int    `json:"units"`
	Sum   []byte `json:"sum"`
}

var crunchOptions = []runner.Option{
	runner.Timeout(time.Hour),
	runner.Heartbeats(30 * time.Second), // silent for longer: something hangs, try again
}

// unit is how many hashes are one unit.
const unit = 50_000

func crunch(ctx context.Context, load Load) (Digest, error) {
	done, _ := runner.LastProgress[Digest](ctx)
	for done.Units < load.Units {
		done.Sum = hash(done.Sum)
		done.Units++
		if err := runner.Heartbeat(ctx, done); err != nil {
			return Digest{}, err // canceled, or the process is to stop
		}
	}
	return done, nil
}

func hash(sum []byte) []byte {
	next := sha256.Sum256(sum)
	for range unit - 1 {
		next = sha256.Sum256(next[:])
	}
	return next[:]
}
