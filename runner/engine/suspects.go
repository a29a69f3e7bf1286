package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// crashLimit is how many crashes in a row, without a new event, make a run
// stuck; after suspectAfter of them it is suspected to be the cause.
const (
	crashLimit   = 5
	suspectAfter = 2
)

// trialTime is how long a suspect that records nothing must live to be taken for
// innocent, unless the process lived longer than half of that with it before.
const trialTime = time.Minute

// The suspects are runs that were under way at several crashes in a row. Half of
// them are tried first, those with fewer crashes: if the process dies again the
// culprit is among these, and the others have lost nothing but time. So they
// come to differ in their crashes, and one that has more than all others, and
// enough, when a process begins is the culprit: it becomes stuck, what merely ran
// beside it never does.
// A trial ends with the next event of its run, when it leaves memory, or when it
// has lived for so long that it cannot be the one.
type suspects struct {
	begun  bool               // there were trials since Run began
	trials map[int64]*suspect // by run
	held   map[int64]bool     // those that wait until no trial is left
}

type suspect struct {
	run    int64
	streak int           // with the crash that a claim would add
	trial  time.Duration // how long it must live
}

// withoutSuspects picks those of the runs that are to be claimed now.
func (e *Engine) withoutSuspects(ctx context.Context, keys []int64) ([]int64, error) {
	var clean []int64
	var found []*suspect
	for _, key := range keys {
		row, err := e.store.Run(ctx, journal.Ref{Key: key})
		if err != nil {
			return nil, fmt.Errorf("read run %d: %w", key, err)
		}
		s := &suspect{run: key, streak: row.Streak}
		if row.Owner != 0 && !row.Live && row.Phase != journal.Waiting {
			s.streak++
		}
		if s.streak <= suspectAfter {
			clean = append(clean, key)
			continue
		}
		if s.trial, err = e.trialOf(ctx, key); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return append(clean, e.try(found)...), nil
}

// trialOf is twice the time for which the process lived with the run before it
// died the last time.
func (e *Engine) trialOf(ctx context.Context, run int64) (time.Duration, error) {
	details, err := e.store.Details(ctx, run)
	if err != nil {
		return 0, fmt.Errorf("read the crashes of run %d: %w", run, err)
	}
	n := len(details.Crashes)
	if n < 2 || details.Crashes[n-1].Died.IsZero() {
		return trialTime, nil
	}
	return max(trialTime, 2*details.Crashes[n-1].Died.Sub(details.Crashes[n-2].Back)), nil
}

// try begins the trials of half of the suspects, unless others are being tried,
// and returns these and the culprit if there is one.
func (e *Engine) try(found []*suspect) (claim []int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	slices.SortStableFunc(found, func(a, b *suspect) int { return a.streak - b.streak })
	s := &e.suspects
	if last := len(found) - 1; last >= 0 && !s.begun && found[last].streak >= crashLimit &&
		(last == 0 || found[last-1].streak < found[last].streak) {
		claim, found = append(claim, found[last].run), found[:last]
	}
	s.begun = s.begun || len(found) > 0
	half := (len(found) + 1) / 2
	if len(s.trials) > 0 {
		half = 0
	} else {
		s.trials, s.held = map[int64]*suspect{}, map[int64]bool{}
	}
	for _, t := range found[:half] {
		claim = append(claim, t.run)
		s.trials[t.run] = t
		e.sched.After(t.trial, leaf(func() { e.outlived(t) }))
	}
	for _, t := range found[half:] {
		s.held[t.run] = true
	}
	return claim
}

// isHeld reports whether the run waits for others to be tried.
func (e *Engine) isHeld(run int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.suspects.held[run]
}

// acquit ends the trial of a run, if it is on trial.
func (e *Engine) acquit(r *run) {
	if r.suspect.CompareAndSwap(true, false) {
		e.endTrial(r.key)
	}
}

// outlived acquits a run that has lived for long enough, and clears its crashes.
func (e *Engine) outlived(t *suspect) {
	e.mu.Lock()
	r := e.runs[t.run]
	over := e.suspects.trials[t.run] != t || r == nil
	e.mu.Unlock()
	if !over {
		e.start(e.enqueue(nil, &journal.Resume{Run: t.run}))
		e.acquit(r)
	}
}

// notClaimed ends the trials of runs that somebody else has got.
func (e *Engine) notClaimed(w *journal.Claim) {
	for _, key := range w.Runs {
		if !slices.ContainsFunc(w.Claimed, func(r journal.Run) bool { return r.Key == key }) {
			e.endTrial(key)
		}
	}
}

func (e *Engine) endTrial(run int64) {
	e.mu.Lock()
	s := &e.suspects
	_, tried := s.trials[run]
	delete(s.trials, run)
	next := tried && len(s.trials) == 0 && len(s.held) > 0
	if next {
		s.held = nil
	}
	e.mu.Unlock()
	if next {
		e.findWorkSoon()
	}
}
