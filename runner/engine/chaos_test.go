package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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
func (w *weather) sleep(ctx context.Context, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(w.upTo(most)):
	}
}

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
	now := time.Now()
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

func newStage(t *testing.T, w *weather, c Config) *stage {
	s := &stage{T: t, weather: w, config: c, times: map[string]int{}, mended: map[int]bool{}}
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
	stop  context.CancelFunc
	ended chan error
}

// begin starts a process, or the engine of one that was suspended once more.
func (s *stage) begin(again *life) *life {
	p := again
	if p == nil {
		store := s.disk.open()
		shared, _ := store.(journal.Shared)
		c := s.config
		c.Only = s.only.Load()
		c.Store, c.Bindings = &slow{disked: store, Shared: shared, w: s.weather}, s.bindings()
		e, err := New(c)
		require.NoError(s, err)
		e.sched = dawdling{e.real, s.weather}
		p = &life{Engine: e, store: store}
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop, p.ended = cancel, make(chan error, 1)
	go func() { p.ended <- s.drive(ctx, p.Engine) }()
	return p
}

// drive lets an engine work, in one of the ways there are.
func (s *stage) drive(ctx context.Context, e *Engine) error {
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
		go func() {
			select {
			case <-e.Ready():
				_, _ = e.Adopt(ctx, s.root) // it may have ended, or be stuck
			case <-ctx.Done():
			}
		}()
	}
	return e.Run(ctx)
}

// live keeps one process going, through deaths and suspensions, until done.
func (s *stage) live(done <-chan struct{}) {
	w := s.weather
	var p *life
	for {
		p = s.begin(p)
		life := make(<-chan time.Time)
		if w.life > 0 && !w.calm() {
			life = time.After(w.upTo(2 * w.life))
		}
		dead := false
		select {
		case <-done:
			p.stop()
			if err := <-p.ended; err != nil && !errors.Is(err, journal.ErrBroken) {
				s.Errorf("suspending at the end: %v", err)
			}
			_ = p.store.Close()
			return
		case err := <-p.ended: // the disk killed it
			dead = true
			if !errors.Is(err, journal.ErrBroken) {
				s.Errorf("a process ended with %v", err)
			}
		case <-life:
			s.broke()
			if w.breaks() && w.chance(0.5) {
				p.store.kill()
			}
			p.stop()
			if err := <-p.ended; err != nil {
				dead = true
				if !errors.Is(err, journal.ErrBroken) {
					s.Errorf("suspending: %v", err)
				}
			}
		}
		p.stop()
		if dead || w.chance(0.5) {
			_ = p.store.Close()
			p = nil
		}
		w.sleep(context.Background(), 10*time.Second)
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
	done := make(chan struct{})
	var wg sync.WaitGroup
	var err error
	s.client, err = New(Config{Store: s.disk.reader()})
	require.NoError(s, err)
	row, _, err := s.client.Start(context.Background(), StartRequest{Workflow: "program", ID: "root", Input: encode(n)})
	require.NoError(s, err)
	s.root = row.Key
	for range processes {
		wg.Go(func() { s.live(done) })
	}
	wg.Go(func() { s.disturb(row.Key, done) })
	ctx, cancel := context.WithTimeout(context.Background(), never/1000)
	defer cancel()
	var out json.RawMessage
	for {
		out, err = s.client.Result(ctx, row.Key)
		var stuck *StuckError
		if !errors.As(err, &stuck) {
			break
		}
		if stuck.Problem.Kind != "panic" {
			s.Errorf("the run is stuck: %v", stuck.Problem)
			break
		}
		time.Sleep(time.Second) // disturb resumes it
	}
	if ctx.Err() != nil {
		s.Errorf("the run does not end:\n%s", s.show(row.Key))
	}
	if s.only.Swap(false) { // what these leave behind is for a worker
		wg.Go(func() { s.live(done) })
	}
	s.settled(ctx)
	close(done)
	wg.Wait()
	time.Sleep(time.Hour) // nothing may be left but timers that find everything stopped
	synctest.Wait()
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
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
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
func (s *stage) disturb(run int64, done <-chan struct{}) {
	w := s.weather
	asker, err := New(Config{Store: s.disk.reader(), Bindings: s.bindings()})
	require.NoError(s, err)
	for times, seen := 0, 0; ; times++ {
		pause := w.upTo(w.noise)
		if times > 40 {
			pause = time.Minute
		}
		select {
		case <-done:
			return
		case <-time.After(pause):
		}
		s.resumeAll()
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
		s.broke()
		if err := s.client.Resume(context.Background(), r.Key); err != nil && !errors.Is(err, journal.ErrClosed) {
			s.Errorf("resuming: %v", err)
		}
	}
}

// ask checks that the number of leaves which the run reports never falls.
func (s *stage) ask(e *Engine, run int64, seen int) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := e.Query(ctx, run, "done")
	var now int
	switch {
	case errors.Is(err, ErrUnknownQuery), errors.Is(err, journal.ErrHeld), errors.Is(err, journal.ErrBroken):
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
	return now
}
