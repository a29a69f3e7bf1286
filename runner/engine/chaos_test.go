package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/stretchr/testify/require"
)

// A disk is a journal whose processes can be killed.
type disk interface {
	open() disked          // for a process
	reader() journal.Store // that no fault befalls
}

// A disked is one process's handle on it.
type disked interface {
	journal.Store
	kill()
}

// The weather is what befalls the processes of a stage. All chances are those of
// one commit.
type weather struct {
	*rand.Rand
	mu        sync.Mutex
	venue     venue
	crash     float64       // the process dies, before or after it
	full      float64       // the disk is full from then on, for a while
	life      time.Duration // of a process, on average
	crashes   int           // left
	fullUntil time.Time
	drains    bool          // processes work off what there is, and look again later
	dawdle    time.Duration // that tasks and the disk take at most
	noise     time.Duration // between questions and signals that nobody waits for, at most
}

func (w *weather) chance(p float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Float64() < p
}

// upTo is a random time.
func (w *weather) upTo(d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.Int64N(int64(d) + 1))
}

// sleep waits for a random time, or until ctx ends.
func (w *weather) sleep(ctx context.Context, most time.Duration) { w.venue.wait(w.upTo(most), ctx) }

// breaks uses up one crash, if one is left.
func (w *weather) breaks() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crashes--
	return w.crashes >= 0
}

func (w *weather) calm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.crashes <= 0
}

// fault is what becomes of a commit.
func (w *weather) fault() journal.Fault {
	if w.crash == 0 {
		return journal.NoFault
	}
	w.mu.Lock()
	now := w.venue.now()
	if now.Before(w.fullUntil) {
		w.mu.Unlock()
		return journal.DiskFull
	}
	dice := w.Float64()
	if dice < w.full {
		w.fullUntil = now.Add(time.Duration(w.Int64N(int64(3 * time.Second))))
	}
	w.mu.Unlock()
	switch {
	case dice < w.full:
		return journal.DiskFull
	case dice < w.full+w.crash && w.breaks():
		if w.chance(0.5) {
			return journal.CrashBefore
		}
		return journal.CrashAfter
	}
	return journal.NoFault
}

// pause lets other tasks overtake the caller.
func (w *weather) pause() {
	if w.dawdle > 0 {
		time.Sleep(w.upTo(w.dawdle))
	}
}

// A slow store takes a while for everything.
type slow struct {
	disked
	journal.Shared
	w *weather
}

func (s *slow) Close() error { return s.disked.Close() }

func (s *slow) Commit(writes ...journal.Write) error {
	s.w.pause()
	defer s.w.pause()
	return s.disked.Commit(writes...)
}

func (s *slow) History(ctx context.Context, run, after int64, limit int) ([]journal.Event, error) {
	defer s.w.pause()
	return s.disked.History(ctx, run, after, limit)
}

func (s *slow) Inbox(ctx context.Context, run, after int64) ([]journal.Message, error) {
	defer s.w.pause()
	return s.disked.Inbox(ctx, run, after)
}

func (s *slow) Details(ctx context.Context, run int64) (journal.Details, error) {
	defer s.w.pause()
	return s.disked.Details(ctx, run)
}

func (s *slow) Run(ctx context.Context, ref journal.Ref) (journal.Run, error) {
	defer s.w.pause()
	return s.disked.Run(ctx, ref)
}

func (s *slow) Work(ctx context.Context, workflows []string, now time.Time, limit int) ([]int64, time.Time, error) {
	defer s.w.pause()
	return s.disked.Work(ctx, workflows, now, limit)
}

// A dawdling scheduler starts tasks a little later than asked for, so that they
// overtake one another.
type dawdling struct {
	*goroutines
	w *weather
}

func (d dawdling) Go(task Task) { d.goroutines.Go(d.late(task)) }

func (d dawdling) After(wait time.Duration, task Task) func() {
	return d.goroutines.After(wait, d.late(task))
}

func (d dawdling) late(task Task) Task {
	return func() Task {
		d.w.pause()
		next := task()
		if next == nil {
			return nil
		}
		return d.late(next)
	}
}

func newStage(t require.TestingT, v venue, w *weather, c Config) *stage {
	w.venue = v
	s := &stage{TestingT: t, venue: v, weather: w, config: c, times: map[string]int{}, mended: map[int]bool{}, sent: map[mail]delivered{}}
	s.only.Store(c.Only)
	return s
}

// fault is what becomes of a commit of a process.
func (s *stage) fault() journal.Fault {
	f := s.weather.fault()
	if f == journal.CrashBefore || f == journal.CrashAfter {
		s.broke()
	}
	return f
}

// check reads the journal that is left.
func (s *stage) check() {
	for v, err := range journal.Check(context.Background(), s.disk.reader()) {
		require.NoError(s, err)
		s.Errorf("the journal is broken: %v", v)
	}
}

// A life is one life of a process of the stage.
type life struct {
	*Engine
	store disked
	stop  context.CancelFunc // suspends it
	over  context.Context    // ended when the engine does not serve any more, whyever
	err   error              // why, then
	ends  context.CancelFunc // of over
}

// stalled reports whether the process stood still for a while, for longer than its
// activities have to stop, perhaps.
func (p *life) stalled() bool {
	sim, ok := p.Engine.sched.(*simProcess)
	return ok && sim.stalled
}

// begin starts a process, or the engine of one that was suspended once more.
func (s *stage) begin(again *life) *life {
	p := again
	if p == nil || p.err != nil { // killed since
		c := s.config
		c.Only, c.Bindings = s.only.Load(), s.bindings()
		p = s.open(s, c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop, p.err = cancel, nil
	p.over, p.ends = context.WithCancel(context.Background())
	s.inside(p, func() {
		p.err = s.drive(ctx, p)
		p.ends()
	})
	return p
}

// ended waits until the engine of the process does not serve any more.
func (s *stage) ended(p *life) error {
	s.wait(never, p.over)
	return p.err
}

// drive lets an engine work, in one of the ways there are.
func (s *stage) drive(ctx context.Context, e *life) error {
	if s.weather.drains {
		for ctx.Err() == nil {
			if err := e.Drain(ctx); err != nil {
				return err
			}
			s.weather.sleep(ctx, 10*time.Second)
		}
		return nil
	}
	if e.only {
		s.inside(e, func() {
			for !closed(e.Ready()) && ctx.Err() == nil {
				s.wait(time.Millisecond, ctx)
			}
			_, _ = e.Adopt(ctx, s.root) // it may have ended, or be stuck
		})
	}
	return e.Run(ctx)
}

// live keeps one process going, through deaths and suspensions, until done.
func (s *stage) live(done context.Context) {
	w := s.weather
	var p *life
	for {
		p = s.begin(p)
		life := never
		if w.life > 0 && !w.calm() {
			life = w.upTo(2 * w.life)
		}
		s.wait(life, done, p.over)
		dead := false
		switch {
		case done.Err() != nil:
			p.stop()
			if err := s.ended(p); err != nil && !errors.Is(err, journal.ErrBroken) && !p.stalled() {
				s.Errorf("suspending at the end: %v", err)
			}
			_ = p.store.Close()
			return
		case p.over.Err() != nil: // the disk killed it
			dead = true
			if !errors.Is(p.err, journal.ErrBroken) {
				s.Errorf("a process ended with %v", p.err)
			}
		default:
			s.broke()
			if w.breaks() && w.chance(0.5) {
				p.store.kill()
			}
			p.stop()
			if err := s.ended(p); err != nil {
				dead = true
				if !errors.Is(err, journal.ErrBroken) && !p.stalled() {
					s.Errorf("suspending: %v", err)
				}
			}
		}
		p.stop()
		if dead || w.chance(0.5) {
			_ = p.store.Close()
			p = nil
		}
		s.rest(w, s.only.Load(), done)
	}
}

func (s *stage) broke() {
	s.mu.Lock()
	s.breaks++
	s.mu.Unlock()
}

// An outcome is how a program ended.
type outcome struct {
	Status journal.Status
	Result string
}

// play runs the program on some processes until its end, whatever the weather.
func (s *stage) play(n node, processes int) outcome {
	done, finish := context.WithCancel(context.Background())
	s.client = s.engine(Config{Store: s.disk.reader()})
	row, _, err := s.client.Start(context.Background(), StartRequest{Workflow: "program", ID: "root", Input: encode(n)})
	require.NoError(s, err)
	s.root = row.Key
	for range processes {
		s.beside(func() { s.live(done) })
	}
	s.beside(func() { s.disturb(row.Key, done) })
	ctx, cancel := s.within(cmp.Or(s.patience, never/1000))
	defer cancel()
	var out json.RawMessage
	for {
		out, err = s.client.Result(ctx, row.Key)
		var stuck *StuckError
		if !errors.As(err, &stuck) {
			break
		}
		if stuck.Problem.Kind != "panic" && (stuck.Problem.Kind != "damage" || s.mend == nil) {
			s.Errorf("the run is stuck: %v", stuck.Problem)
			break
		}
		s.wait(time.Second, ctx) // disturb resumes it
	}
	if ctx.Err() != nil {
		s.Errorf("the run does not end:\n%s", s.show(row.Key))
	}
	if s.only.Swap(false) { // what these leave behind is for a worker
		s.beside(func() { s.live(done) })
	}
	s.settled(ctx)
	finish()
	s.join()
	if row, err = s.disk.reader().Run(context.Background(), journal.Ref{Key: row.Key}); err != nil {
		s.Errorf("reading the run: %v", err)
	}
	result := string(out)
	if err != nil {
		result = err.Error()
	}
	return outcome{row.Status, result}
}

// show is all that the journal knows of a run.
func (s *stage) show(run int64) string {
	store, ctx := s.disk.reader(), context.Background()
	row, err := store.Run(ctx, journal.Ref{Key: run})
	events, err2 := store.History(ctx, run, 0, 0)
	inbox, err3 := store.Inbox(ctx, run, 0)
	details, err4 := store.Details(ctx, run)
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n", row)
	for _, e := range events {
		fmt.Fprintf(&b, "%d %s %s op %d %s %s\n\t%s\n", e.Seq, e.At.Format(time.TimeOnly+".000000"), e.Kind, e.Op, e.Data, e.Note, e.Commands)
	}
	fmt.Fprintf(&b, "%+v\n%+v\n%v", inbox, details, errors.Join(err, err2, err3, err4))
	return b.String()
}

// settled waits until no run is open.
func (s *stage) settled(ctx context.Context) {
	for {
		rows, err := s.disk.reader().Runs(ctx, journal.Filter{Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}})
		if err != nil || len(rows) == 0 {
			if err != nil {
				s.Errorf("%v; runs that do not end: %v", err, s.left())
			}
			return
		}
		s.wait(time.Second, ctx)
	}
}

func (s *stage) left() (ids []string) {
	rows, _ := s.disk.reader().Runs(context.Background(), journal.Filter{Status: []journal.Status{journal.StatusOpen, journal.StatusStuck}})
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

// disturb resumes what is stuck, and for a while asks questions and sends signals
// that nobody waits for.
func (s *stage) disturb(run int64, done context.Context) {
	w := s.weather
	asker := s.engine(Config{Store: s.disk.reader(), Bindings: s.bindings()})
	for times, seen := 0, 0; ; times++ {
		pause := w.upTo(w.noise)
		if times > 40 {
			pause = time.Minute
		}
		s.wait(pause, done)
		if done.Err() != nil {
			return
		}
		s.resumeAll()
		if s.process != nil && times > 40 {
			continue // what is to happen must happen by itself
		}
		if w.dawdle > 0 && w.chance(0.2) {
			_, err := s.client.Signal(context.Background(), run, SignalRequest{Name: "noise"})
			if err != nil && !errors.Is(err, journal.ErrClosed) {
				s.Errorf("a signal: %v", err)
			}
		}
		if w.chance(0.5) {
			seen = s.ask(asker, run, seen)
		}
	}
}

func (s *stage) resumeAll() {
	stuck, err := s.disk.reader().Runs(context.Background(), journal.Filter{Status: []journal.Status{journal.StatusStuck}})
	if err != nil {
		s.Errorf("looking for stuck runs: %v", err)
	}
	for _, r := range stuck {
		if s.mend != nil && !s.mend(&r) {
			continue
		}
		s.broke()
		if err := s.client.Resume(context.Background(), r.Key); err != nil && !errors.Is(err, journal.ErrClosed) {
			s.Errorf("resuming: %v", err)
		}
	}
}

// ask checks that the number of leaves which the run reports never falls.
func (s *stage) ask(e *Engine, run int64, seen int) int {
	ctx, cancel := s.within(time.Minute)
	defer cancel()
	answer, err := e.Query(ctx, run, "done")
	var now int
	switch {
	case errors.Is(err, ErrUnknownQuery), errors.Is(err, journal.ErrHeld), errors.Is(err, journal.ErrBroken),
		s.mend != nil && errors.Is(err, journal.ErrDamaged):
		return seen
	case err != nil:
		var stuck *StuckError
		if !errors.As(err, &stuck) {
			s.Errorf("a query: %v", err)
		}
		return seen
	}
	if err := json.Unmarshal(answer, &now); err != nil || now < seen {
		s.Errorf("a query says %s leaves are done, one before said %d (%v)", answer, seen, err)
	}
	if s.process != nil {
		s.askDisk(e, run, now)
	}
	return now
}

// askDisk checks that what was answered is true of what is on the disk, too.
func (s *stage) askDisk(e *Engine, run int64, seen int) {
	row, err := s.disk.reader().Run(context.Background(), journal.Ref{Key: run})
	if err != nil {
		s.Errorf("reading the run: %v", err)
		return
	}
	var answer json.RawMessage
	err = e.replayed(context.Background(), &row, func(x *execution) (err error) {
		answer, err = x.query("done")
		return err
	})
	var now int
	if errors.Is(err, journal.ErrDamaged) || err != nil && row.Status == journal.StatusStuck {
		return
	}
	if err := errors.Join(err, json.Unmarshal(answer, &now)); err != nil || now < seen {
		s.Errorf("P1: a query said %d leaves are done, by the journal %d are (%v)", seen, now, err)
	}
}
