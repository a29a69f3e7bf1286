package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	gatePatience = 250 * time.Millisecond // how long the one at the gate may keep the others there
	gateSkipped  = 1 * time.Second        // for how long the gate is passed by after that
)

// A Turnstile lets the processes in one after the other, fairly: one that has
// just left and wants in again comes behind all who wait. Two locks do that. Who
// waits for the turnstile itself holds the gate before it, so that the one who
// leaves meets a closed gate. It is a courtesy: what it protects must be safe
// without it.
type Turnstile struct {
	dir        *Dir
	gate, door queue

	inside  chan struct{} // holds one for the goroutine of this handle that is in or wants in
	file    *os.File      // the door's, locked; guarded by inside
	skipped time.Time     // when the gate was found blocked; guarded by inside
}

// Turnstile returns the turnstile of this handle.
func (d *Dir) Turnstile() *Turnstile { return &d.turnstile }

func (t *Turnstile) open(d *Dir) {
	t.dir = d
	t.gate = queue{dir: d, name: "gate"}
	t.door = queue{dir: d, name: "turnstile"}
	t.inside = make(chan struct{}, 1)
}

// Crowded reports whether other processes may want in: live members, or
// connections of others. It costs one atomic load.
func (t *Turnstile) Crowded() bool { return t.dir.crowd.Load() > 0 }

// Enter waits until it is this handle's turn, or for ctx. A process that holds
// the turnstile and is stopped keeps all others out; see Holder.
func (t *Turnstile) Enter(ctx context.Context) error {
	select {
	case t.inside <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for this process's turn: %w", context.Cause(ctx))
	}
	f, err := t.enter(ctx)
	if err != nil {
		<-t.inside
		return fmt.Errorf("wait for this process's turn: %w", err)
	}
	t.file = f
	_, _ = f.WriteAt(fmt.Appendf(nil, "%-31s\n", fmt.Sprintf("pid %d", os.Getpid())), 0) // for Holder
	return nil
}

func (t *Turnstile) enter(ctx context.Context) (*os.File, error) {
	gate, err := t.passGate(ctx)
	if err != nil {
		return nil, err
	}
	if gate != nil {
		defer release(gate)
	}
	if f, err := t.door.try(); f != nil || err != nil {
		return f, err
	}
	return t.door.wait(ctx)
}

// passGate returns the gate, held; nil if it is passed by because the process
// that holds it does not move.
func (t *Turnstile) passGate(ctx context.Context) (*os.File, error) {
	if f, err := t.gate.try(); f != nil || err != nil {
		return f, err
	}
	if since := time.Since(t.skipped); since >= 0 && since < gateSkipped {
		return nil, nil
	}
	patient, cancel := context.WithTimeout(ctx, gatePatience)
	defer cancel()
	f, err := t.gate.wait(patient)
	if f == nil && patient.Err() != nil && ctx.Err() == nil {
		t.skipped = time.Now()
		return nil, nil
	}
	return f, err
}

// Leave lets the next one in. Only who has entered may leave.
func (t *Turnstile) Leave() {
	f := t.file
	if f == nil {
		return
	}
	t.file = nil
	release(f)
	<-t.inside
}

// Holder says who is inside, for messages, as "pid 4242". "" if nobody is, or it
// is not known.
func (t *Turnstile) Holder() string {
	f, err := os.Open(t.door.path())
	if err != nil {
		return ""
	}
	defer f.Close()
	if free, err := tryShared(f); err != nil {
		return ""
	} else if free {
		_ = unlock(f)
		return ""
	}
	var room [32]byte
	n, _ := f.ReadAt(room[:], 0)
	return strings.TrimSpace(string(room[:n]))
}

// remove removes the lock files if nobody is inside or waits, and reports
// whether they are gone.
func (t *Turnstile) remove() bool {
	for _, q := range []*queue{&t.gate, &t.door} {
		f, err := os.OpenFile(q.path(), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false
		}
		if ok, err := tryLock(f); !ok || err != nil {
			_ = f.Close()
			return false
		}
		err = os.Remove(q.path())
		release(f)
		if err != nil {
			return false
		}
	}
	return true
}
