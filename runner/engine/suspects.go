package engine

import (
	"context"
	"fmt"
	"maps"
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

// The suspects are runs that were under way at several crashes in a row. A part
// of them is tried first, those with fewer crashes, and the smaller a part the
// more crashes there were: half, a quarter, in the end each alone. If the process
// dies again a culprit was in it; the others have lost nothing but time. So they
// come to differ in their crashes. One that has more than all others, and enough,
// when a process begins is tried with nothing beside it, and if the process that
// died before had nothing else under way it is the culprit and becomes stuck: what
// merely ran beside it never does. A trial ends with the next event of its run,
// when that leaves memory, or has lived for so long that it cannot be the one.
type suspects struct {
	begun   bool               // there were trials since Run began
	alone   bool               // nothing is claimed beside the one on trial
	culprit int64              // who is not tried, but convicted; 0: nobody
	trials  map[int64]*suspect // by run
	held    map[int64]bool     // those that wait until no trial is left
}

type suspect struct {
	run    int64
	streak int           // with the crash that a claim would add
	alone  bool          // nothing else was under way when the last process died
	trial  time.Duration // how long it must live
}

// withoutSuspects picks those of the runs that are to be claimed now.
func (e *Engine) withoutSuspects(ctx context.Context, keys []int64) ([]int64, error) {
	var clean []int64
	var found []*suspect
	died := map[int64][]*suspect{} // what was under way, by the process that did
	for _, key := range keys {
		row, err := e.store.Run(ctx, journal.Ref{Key: key})
		if err != nil {
			return nil, fmt.Errorf("read run %d: %w", key, err)
		}
		s := &suspect{run: key, streak: row.Streak}
		if row.Owner != 0 && !row.Live && row.Phase != journal.Waiting {
			s.streak++
			died[row.Owner] = append(died[row.Owner], s)
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
	if last := died[slices.Max(append(slices.Collect(maps.Keys(died)), 0))]; len(last) == 1 {
		beside, err := e.beside(ctx, last[0])
		if err != nil {
			return nil, err
		}
		last[0].alone = !beside
	}
	claim, alone := e.try(found)
	if alone {
		return claim, nil // the others later
	}
	return append(clean, claim...), nil
}

// beside reports whether the process that died with s had other runs under way,
// which others have taken over since.
func (e *Engine) beside(ctx context.Context, s *suspect) (bool, error) {
	inquest, ok := e.store.(journal.Inquest)
	if !ok || s.streak < crashLimit {
		return false, nil
	}
	beside, err := inquest.Beside(ctx, s.run)
	if err != nil {
		return false, fmt.Errorf("find out what died with run %d: %w", s.run, err)
	}
	return beside, nil
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

// try begins the trials of a part of the suspects, unless others are being tried,
// and returns these. alone says that nothing else may be claimed.
func (e *Engine) try(found []*suspect) (claim []int64, alone bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.suspects
	if len(found) == 0 || len(s.trials) > 0 {
		s.hold(found)
		return nil, s.alone
	}
	slices.SortStableFunc(found, func(a, b *suspect) int { return a.streak - b.streak })
	last := found[len(found)-1]
	part := max(1, len(found)>>min(last.streak-suspectAfter, 30))
	s.alone = !s.begun && last.streak >= crashLimit && (len(found) == 1 || found[len(found)-2].streak < last.streak)
	if s.alone {
		slices.Reverse(found)
		part = 1
		if last.alone || last.streak >= 2*crashLimit { // or there is always something
			s.culprit = last.run
		}
	}
	s.begun, s.trials, s.held = true, map[int64]*suspect{}, map[int64]bool{}
	for _, t := range found[:part] {
		claim = append(claim, t.run)
		s.trials[t.run] = t
	}
	s.hold(found[part:])
	return claim, s.alone
}

func (s *suspects) hold(found []*suspect) {
	for _, t := range found {
		s.held[t.run] = true
	}
}

// isCulprit reports whether a claimed run is to become stuck. The caller holds
// Engine.mu.
func (s *suspects) isCulprit(row *journal.Run) bool {
	return row.Streak >= crashLimit && (s.culprit == row.Key || s.trials[row.Key] == nil)
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

// outlived acquits a suspect that has lived for long enough, and clears its crashes.
func (e *Engine) outlived(r *run) {
	if r.suspect.Load() {
		e.start(e.enqueue(nil, &journal.Resume{Run: r.key}))
		e.acquit(r)
	}
}

// untried ends the trial of a run that was in memory before it was claimed, if it is
// no suspect there: the trial began on an old reading of its row.
func (e *Engine) untried(run int64) {
	if r := e.resident(run); r == nil || !r.suspect.Load() {
		e.endTrial(run)
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
	next := tried && len(s.trials) == 0
	if next {
		s.held, s.alone = nil, false
	}
	e.mu.Unlock()
	if next {
		e.findWorkSoon()
	}
}
