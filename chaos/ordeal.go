package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

// An ordeal is one run of a target's workflow, in a lab of its own, through as
// many processes as it takes.
type ordeal struct {
	lab    *Lab
	target *Target
	limit  time.Duration // of each process
	began  time.Time
	lives  []*Process
	sent   []posted
	took   time.Duration

	code    int // of the last process
	result  json.RawMessage
	problem string         // why there was no end
	tables  map[string]int // of the program's own, after an undisturbed run, how many rows
}

// A posted signal is one that the journal has acknowledged.
type posted struct {
	line *Line
	at   time.Time
}

// runID is the id of the run that an ordeal is about.
const runID = "chaos"

// newOrdeal makes the lab, in a new folder of that name.
func newOrdeal(o *Options, t *Target, name string, limit time.Duration) (*ordeal, error) {
	dir := filepath.Join(o.Dir, name)
	err := os.Mkdir(dir, 0o700)
	if err != nil {
		return nil, refuse("--dir names another folder", "make a scratch folder: %w", err)
	}
	lab, err := NewLab(dir, o.Program...)
	if errors.Is(err, journal.ErrFull) {
		return nil, refuse("free some space, or name another folder with --dir", "the scratch folder %s: %w", o.Dir, err)
	}
	if err != nil {
		return nil, err
	}
	lab.Env = ownEnvironment()
	return &ordeal{lab: lab, target: t, limit: limit}, nil
}

// ownEnvironment is this process's without the settings of the command line,
// which must not change what the processes do.
func ownEnvironment() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DURABLE_") {
			env = append(env, v)
		}
	}
	return env
}

// run starts process after process until one of them comes to the end of the
// run. The first is under the first orders, and so on; those that follow are
// under none. The error says why there cannot be an ordeal.
func (d *ordeal) run(ctx context.Context, watched bool, orders ...Orders) error {
	d.began = time.Now()
	inner, cancel := context.WithCancelCause(ctx)
	delivered := make(chan error, 1)
	go func() {
		err := d.deliver(inner, watched)
		if err != nil {
			cancel(err)
		}
		delivered <- err
	}()
	err := d.live(inner, orders)
	d.took = time.Since(d.began)
	cancel(nil)
	if undeliverable := <-delivered; undeliverable != nil && ctx.Err() == nil {
		return undeliverable
	}
	return err
}

func (d *ordeal) live(ctx context.Context, orders []Orders) error {
	input := d.target.Input
	if len(input) == 0 {
		input = json.RawMessage("null")
	}
	for i := 0; ; i++ {
		var o Orders
		if i < len(orders) {
			o = orders[i]
		}
		p, err := d.lab.Start(ctx, o, "run", d.target.Workflow, "--id", runID, "--input", string(input))
		if err != nil {
			return refuse("chaos starts this very program again and again: build it to a file that stays", "%w", err)
		}
		d.lives = append(d.lives, p)
		over, err := d.outlive(ctx, p)
		if err != nil || over {
			return err
		}
		if i >= len(orders) {
			d.problem = fmt.Sprintf("process %d died without orders: %s", i+1, lastLine(p.Stderr()))
			return nil
		}
	}
}

// outlive waits for the end of a process. It reports whether the ordeal is over.
func (d *ordeal) outlive(ctx context.Context, p *Process) (over bool, err error) {
	inner, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	code, err := p.Wait(inner)
	switch {
	case ctx.Err() != nil:
		return true, errors.Join(context.Cause(ctx), p.Kill())
	case strings.Contains(p.Stderr(), journal.ErrFull.Error()):
		return true, errors.Join(refuse("free some space, or name another folder with --dir", "%s: %w", lastLine(p.Stderr()), journal.ErrFull), p.Kill())
	case err != nil:
		d.problem = fmt.Sprintf("process %d had not come to the end of the run after %s", len(d.lives), d.limit.Round(time.Second))
		return true, p.Kill()
	case code == exitNoLedger:
		return true, refuse("make the scratch folder writable and free some space there, or name another one with --dir",
			"%s", lastLine(p.Stderr()))
	}
	d.code, d.result = code, json.RawMessage(strings.TrimSpace(p.Stdout()))
	return code >= 0, nil
}

// lastLine is the last thing that a process said, but for hints.
func lastLine(text string) (last string) {
	last = "it said nothing"
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "hint:") {
			last = line
		}
	}
	return last
}

// glance is how often the journal is looked at for what the script waits for.
const glance = 5 * time.Millisecond

// deliver sends the script's signals when their time has come, whichever process
// is alive then, if any. When it watches it returns an error as soon as the
// workflow waits for what does not come.
func (d *ordeal) deliver(ctx context.Context, watched bool) error {
	if len(d.target.Script) == 0 && !watched {
		return nil
	}
	db, err := sqlite.Open(d.lab.Journal())
	if err != nil {
		return err
	}
	c := courier{ordeal: d, db: db, gone: make([]bool, len(d.target.Script)), watched: watched}
	if c.client, err = runner.New(db, d.target.Bindings...); err == nil {
		err = c.attend(ctx)
	}
	return errors.Join(err, db.Close())
}
