package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/seed139febb4/durable/journal"
)

// try does the trials, as many at the same time as there are processors.
func (e *exam) try(ctx context.Context) error {
	e.pairs()
	n := len(e.report.Boundaries)
	next := make(chan int)
	var wg sync.WaitGroup
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				if err := e.trial(ctx, i); err != nil {
					e.mu.Lock()
					if failed == nil {
						failed = err
					}
					e.mu.Unlock()
					cancel()
				}
			}
		})
	}
	for i := range n + len(e.report.Pairs) {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	if failed == nil {
		failed = context.Cause(ctx)
	}
	return failed
}

// pairs samples which ones are tried.
func (e *exam) pairs() {
	var all []Pair
	for first := range e.crossings {
		all = append(all, Pair{First: first, Second: -1})
		for second := first; second < len(e.crossings); second++ {
			all = append(all, Pair{First: first, Second: second})
		}
	}
	all = slices.DeleteFunc(all, func(p Pair) bool { return e.pointless(&p) })
	random := rand.New(rand.NewPCG(e.Seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all[:min(e.target.Pairs, len(all))] {
		if p.Second < 0 {
			p.Boundary = e.crossings[p.First].Boundary
			p.Window = Recovering
		} else {
			p.Boundary = e.crossings[p.Second].Boundary
		}
		e.report.Pairs = append(e.report.Pairs, p)
	}
}

// pointless reports whether the second kill of a pair could never come: what is on
// disk is not appended again, and before the first event and after the last one
// there is nothing to be recovered.
func (e *exam) pointless(p *Pair) bool {
	first := &e.crossings[p.First]
	onDisk := first.Window == BeforeEffects || first.Window == AfterCommit
	if p.Second == p.First {
		return onDisk
	}
	return p.Second < 0 && (first.Event == 1 && !onDisk || onDisk && p.First == len(e.crossings)-1)
}

// trial is the one with that number: those of the boundaries come first, then
// those of the pairs.
func (e *exam) trial(ctx context.Context, i int) error {
	singles := len(e.report.Boundaries)
	if i < singles {
		c := &e.crossings[i]
		orders := []Orders{{Kills: []Kill{c.kill("a", e.trace, 0)}}}
		return e.ordeal(ctx, fmt.Sprintf("kill-%03d", i+1), &e.report.Boundaries[i], orders)
	}
	p := &e.report.Pairs[i-singles]
	first := &e.crossings[p.First]
	second := Kill{Token: "b", At: journal.Moment{Point: journal.ReplayDone}}
	if p.Second >= 0 {
		second = e.crossings[p.Second].kill("b", e.trace, first.place)
	}
	orders := []Orders{{Kills: []Kill{first.kill("a", e.trace, 0)}}, {Kills: []Kill{second}}}
	return e.ordeal(ctx, fmt.Sprintf("pair-%03d", i-singles+1), &p.Boundary, orders)
}

func (e *exam) ordeal(ctx context.Context, name string, b *Boundary, orders []Orders) error {
	trial := b.Label() + ", " + string(b.Window)
	e.tell(Progress{Trial: trial})
	d, err := newOrdeal(&e.Options, e.target, name, e.limit)
	if err != nil {
		return err
	}
	var tokens []string
	for i := range orders {
		orders[i].Sabotage = e.Sabotage
		for _, k := range orders[i].Kills {
			tokens = append(tokens, k.Token)
		}
	}
	if err := d.run(ctx, false, orders...); err != nil {
		return err
	}
	if err := d.judge(ctx, &e.model, b, tokens...); err != nil {
		return err
	}
	e.mu.Lock()
	e.done++
	e.kills += len(d.lives) - 1
	e.mu.Unlock()
	p := Progress{Trial: trial, Ended: true, Verdict: b.Verdict()}
	e.tell(p)
	if p.Verdict == Fail {
		return nil // its files may tell more
	}
	return e.clear(d)
}

// clear removes the files of what is over.
func (e *exam) clear(over ...*ordeal) (err error) {
	if e.Keep {
		return nil
	}
	for _, d := range over {
		err = errors.Join(err, os.RemoveAll(d.lab.Dir))
	}
	return err
}

// tell passes progress on.
func (e *exam) tell(p Progress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.Done, p.Of, p.Kills = e.done, len(e.report.Boundaries)+len(e.report.Pairs), e.kills
	if e.Progress != nil {
		e.Progress(p)
	}
}
