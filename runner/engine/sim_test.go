package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A simulation runs processes, and whatever is beside them, in one thread: their
// tasks are jobs in a list, a seed chooses the next one, and the time is moved
// when none can go on. Twice the same seed is twice the same history.
type simulation struct {
	*rand.Rand
	clock   time.Time
	jobs    []*job
	can     []int     // of this step: the places of jobs that can go on
	idle    []*strand // those without a job
	running *job      // the one that runs
	born    int       // jobs so far
	steps   int
	trace   trace
	doomed  []*simProcess // killed by what runs now
	bias    int           // how the next job is chosen, see choose
	drift   float64       // the chance that time passes although there is something to do
	crash   *crash        // of the simulation itself: a panic outside of workflows and activities
}

// A job is a piece of work that is to be done, or that waits in the middle.
type job struct {
	number  int
	p       *simProcess // nil: it is beside all processes
	task    Task        // to be run
	strand  *strand     // where it runs, once it has begun
	at      time.Time   // when it can go on
	until   func() bool // or once this holds; with neither it can at once
	dropped bool
}

func (j *job) can(now time.Time) bool {
	if !j.at.IsZero() && !j.at.After(now) || j.at.IsZero() && j.until == nil {
		return true
	}
	return j.until != nil && j.until()
}

// A strand is the coroutine in which a job runs, so that it can wait in the middle.
type strand struct {
	*coroutine
	job *job
}

// newYear is when a simulation begins.
var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newSimulation(r *rand.Rand) *simulation {
	return &simulation{Rand: r, clock: newYear,
		trace: 14695981039346656037, bias: r.IntN(4), drift: pick(r, 0, 0, 0.01, 0.1)}
}

// A trace is a running hash (FNV-1a) of all that happened.
type trace uint64

func (t *trace) note(words ...uint64) {
	for _, w := range words {
		for range 8 {
			*t = (*t ^ trace(w&0xff)) * 1099511628211
			w >>= 8
		}
	}
}

// tell says what happens, if only one seed is simulated, verbosely.
func (s *simulation) tell(format string, args ...any) {
	if *oneSeed != 0 && testing.Verbose() {
		fmt.Printf("%s step %d: "+format+"\n", append([]any{s.clock.Format("15:04:05.000000"), s.steps}, args...)...)
	}
}

func (s *simulation) add(j *job) *job {
	s.born++
	j.number = s.born
	s.jobs = append(s.jobs, j)
	return j
}

// longest is how many steps a history has at most: longer ones do not end.
const longest = 1_000_000

// run does everything there is to do. It reports false if something waits for
// what never comes, or there is no end to it.
func (s *simulation) run(over func() bool) bool {
	for !over() {
		if s.steps++; s.steps > longest || s.crash != nil {
			return false
		}
		if s.drift > 0 && s.Float64() < s.drift {
			s.clock = s.clock.Add(time.Duration(s.Int64N(int64(20 * time.Millisecond))))
		}
		j := s.next()
		if j == nil {
			return false
		}
		s.trace.note(uint64(j.number), uint64(s.clock.UnixNano()))
		s.do(j)
		s.bury()
	}
	return true
}

// next takes a job out of the list that can go on, when it can.
func (s *simulation) next() *job {
	for {
		var first time.Time
		s.can = s.can[:0]
		s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool { return j.dropped })
		for i, j := range s.jobs {
			switch {
			case j.p != nil && j.p.stopped:
			case j.can(s.clock):
				s.can = append(s.can, i)
			case !j.at.IsZero() && (first.IsZero() || j.at.Before(first)):
				first = j.at
			}
		}
		if len(s.can) > 0 {
			i := s.can[s.choose(len(s.can))]
			j := s.jobs[i]
			s.jobs = slices.Delete(s.jobs, i, i+1)
			return j
		}
		if first.IsZero() {
			return nil
		}
		s.clock = first
	}
}

// choose is which of n jobs is next: any, or rather an old one, or a new one.
func (s *simulation) choose(n int) int {
	i := s.IntN(n)
	switch s.bias {
	case 1:
		i = min(i, s.IntN(n))
	case 2:
		i = max(i, s.IntN(n))
	}
	return i
}

// do lets a job run until it ends or waits.
func (s *simulation) do(j *job) {
	t := j.strand
	if t == nil {
		t = s.spare()
		t.job, j.strand = j, t
	}
	s.running = j
	t.resume()
	s.running = nil
	switch {
	case t.crash != nil:
		s.crash = t.crash
	case t.job == nil:
		s.idle = append(s.idle, t)
	}
}

// spare is a strand without a job.
func (s *simulation) spare() *strand {
	if last := len(s.idle) - 1; last >= 0 {
		t := s.idle[last]
		s.idle = s.idle[:last]
		return t
	}
	t := new(strand)
	t.coroutine = newCoroutine(func() {
		for {
			j := t.job
			if next := j.task(); next != nil {
				j.p.Go(next)
			}
			t.job = nil
			t.park(nil, nil)
		}
	})
	return t
}

// park lets others go on, until a time or a condition. Only a job calls it.
func (s *simulation) park(d time.Duration, until func() bool) {
	j := s.running
	j.until, j.at = until, time.Time{}
	if d >= 0 {
		j.at = s.clock.Add(d)
	}
	s.jobs = append(s.jobs, j)
	j.strand.park(nil, nil)
}

// kill ends a process at once. If it is the one that runs, it does not return.
func (s *simulation) kill(p *simProcess) {
	if p.dead {
		return
	}
	p.dead = true
	s.trace.note(uint64(p.number))
	s.doomed = append(s.doomed, p)
	if p.died != nil {
		p.died()
	}
	if j := s.running; j != nil && j.p == p {
		s.park(-1, func() bool { return false })
	}
}

// bury takes what is left of dead processes out of memory.
func (s *simulation) bury() {
	for _, p := range s.doomed {
		for _, j := range s.jobs {
			if j.p == p {
				j.dropped = true
				if j.strand != nil {
					j.strand.kill()
				}
			}
		}
		p.unwind()
	}
	s.doomed = s.doomed[:0]
}

// end takes everything out of memory.
func (s *simulation) end() {
	for _, j := range s.jobs {
		if j.strand != nil {
			j.strand.kill()
		}
	}
	for _, t := range s.idle {
		t.kill()
	}
	s.jobs, s.idle = nil, nil
}

// String names a job in a failure.
func (j *job) String() string {
	who := "beside"
	if j.p != nil {
		who = fmt.Sprint("process ", j.p.number)
	}
	return fmt.Sprintf("job %d of %s at %v", j.number, who, j.at)
}
