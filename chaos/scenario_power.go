package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// cutPower makes the files that power cuts may have left, in two ways. Of a run
// whose every write and sync was recorded: at any moment, with any part of what
// was not synced. And of killed processes: with their log cut off anywhere, which
// their mark has to tell.
func cutPower(t *trial) {
	rec, first := t.in("recorded").recordRun(mixtures("job", 20))
	for n := range t.often(200) {
		steps := first + t.rng.IntN(rec.Len()-first+1)
		dir := t.folder(fmt.Sprintf("cut%d", n))
		path, err := rec.Cut(steps, faultvfs.Models[n%len(faultvfs.Models)], t.rng, dir)
		t.must(err)
		t.died("cut", nil)
		img := t.open(path, "after a power cut")
		for _, acked := range rec.Noted(steps) {
			if m := acked.(journal.Moment); !img.holds(&m) {
				t.lost("event %d of run %s was acknowledged before the power was cut, and is gone", m.Seq, m.Run)
			}
		}
		t.must(os.RemoveAll(dir))
	}
	for n := range max(1, t.often(200)/20) {
		t.in(fmt.Sprintf("killed%d", n)).cutLogs(10)
	}
}

func (t *trial) folder(name string) string {
	dir := filepath.Join(t.Dir, name)
	t.must(os.MkdirAll(dir, 0o700))
	return dir
}

func (t *trial) lost(format string, args ...any) {
	t.problem(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out.Lost++
}

// recordRun runs mixtures in this process and records what reaches the disk. first
// is where the recording begins with what there was before.
func (t *trial) recordRun(inputs map[string]any) (rec *faultvfs.Recording, first int) {
	disk, err := faultvfs.Register("chaos-power")
	t.must(err)
	rec, err = disk.Record(t.Journal())
	t.must(err)
	first = rec.Len()
	db, err := sqlite.Open(t.Journal(), sqlite.VFS(disk.Name()), t.opts.Sabotage)
	t.must(err)
	t.must(errors.Join(t.runAll(db, rec, inputs), db.Close()))
	return rec, first
}

func (t *trial) runAll(db *sqlite.DB, rec *faultvfs.Recording, inputs map[string]any) error {
	r, err := runner.New(db, Subjects()...)
	if err != nil {
		return err
	}
	r.Probe = func(m journal.Moment) {
		if m.Point == journal.TurnAfter {
			rec.Note(m)
		}
	}
	ctx, stop := context.WithTimeout(t.ctx, t.opts.Patience)
	defer stop()
	for _, id := range slices.Sorted(maps.Keys(inputs)) {
		if _, err := r.StartRun(ctx, runner.StartRequest{Workflow: string(mixed), ID: id, Input: []byte(text(inputs[id]))}); err != nil {
			return err
		}
	}
	served := make(chan error, 1)
	serving, suspend := context.WithCancel(ctx)
	go func() { served <- r.Run(serving) }()
	for id := range inputs {
		if _, e := r.RunResult(ctx, id); e != nil {
			err = fmt.Errorf("run %s: %w", id, e)
		}
	}
	suspend()
	t.mu.Lock()
	t.out.Runs += len(inputs)
	t.mu.Unlock()
	return errors.Join(err, <-served)
}

// cutLogs kills a worker and cuts its log off n times, each time anew.
func (t *trial) cutLogs(n int) {
	t.submit(string(mixed), mixtures("job", 5))
	p := t.start(Orders{}, "worker")
	t.await("work", func(e *Entry) bool { return e.What == Recorded })
	t.sleep(time.Now(), t.between(0, 100*time.Millisecond))
	t.kill(p)
	entries := t.entries()
	whole := t.copy("whole")
	for i := range n {
		path := t.copy(fmt.Sprintf("log%d", i))
		size, err := logSize(path + "-wal")
		t.must(err)
		at := t.rng.Int64N(size + 1)
		t.must(os.Truncate(path+"-wal", at))
		t.died("cut", nil)
		img := t.open(path, "with its log cut off")
		for _, e := range entries {
			if e.What == Recorded && !img.holds(&e.Moment) && len(img.lost) == 0 {
				t.problem("event %d of run %s is gone with byte %d of the log, and the mark does not tell", e.Seq, e.Run, at)
				break
			}
		}
	}
	img := t.open(whole, "after a kill")
	for _, e := range entries {
		if e.What == Recorded && !img.holds(&e.Moment) {
			t.lost("event %d of run %s was recorded before the kill, and is gone", e.Seq, e.Run)
		}
	}
}
