package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// Run plays the scenarios and reports what came of them. An error means that it
// could not; what the scenarios find is in the report.
//
// Those that mostly wait are played at the same time, beside the others, of which
// two are.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	scenarios, err := pick(o.Only)
	if err != nil {
		return nil, err
	}
	o.Seed = cmp.Or(o.Seed, rand.Uint64N(1e9)+1)
	o.Duration = cmp.Or(o.Duration, usualDuration)
	o.Patience = cmp.Or(o.Patience, usualPatience)
	if len(o.Program) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the binary of this process, to start it again: %w", err)
		}
		o.Program = []string{self}
	}
	kept := o.Dir != ""
	if !kept {
		if o.Dir, err = os.MkdirTemp("", "durable-chaos-"); err != nil {
			return nil, fmt.Errorf("make a folder for scratch files: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	rep := &Report{Program: strings.Join(o.Program, " "), Seed: o.Seed, Command: o.command(), Began: time.Now()}
	if kept {
		rep.Dir = o.Dir
	}
	p := &parade{opts: &o, outcomes: make([]Outcome, len(scenarios))}
	p.march(ctx, scenarios)
	rep.Scenarios, rep.Took = p.outcomes, Seconds(time.Since(rep.Began))
	if err := p.noRoom(); err != nil {
		return nil, err
	}
	return rep, context.Cause(ctx)
}

// command is the command line that repeats it.
func (o *Options) command() string {
	words := []string{filepath.Base(o.Program[0]), "chaos", fmt.Sprintf("--seed=%d", o.Seed)}
	if o.Kills != 0 {
		words = append(words, fmt.Sprintf("--kills=%d", o.Kills))
	}
	if o.Duration != usualDuration {
		words = append(words, "--duration="+o.Duration.String())
	}
	for _, name := range o.Only {
		words = append(words, "--scenario="+name)
	}
	if o.Sabotage != "" {
		words = append(words, "--sabotage="+string(o.Sabotage))
	}
	return strings.Join(words, " ")
}

// A parade is a run of chaos.
type parade struct {
	opts     *Options
	outcomes []Outcome

	mu   sync.Mutex // of what follows, and of Progress
	done int
	dead int
}

func (p *parade) march(ctx context.Context, scenarios []Scenario) {
	var all sync.WaitGroup
	play := func(i int) { p.outcomes[i] = p.play(ctx, &scenarios[i]) }
	busy := make(chan int, len(scenarios))
	for i := range scenarios {
		if scenarios[i].busy {
			busy <- i
		} else {
			all.Go(func() { play(i) })
		}
	}
	close(busy)
	for range 2 {
		all.Go(func() {
			for i := range busy {
				play(i)
			}
		})
	}
	all.Wait()
}

// noRoom says that scenarios failed only because the scratch folder is full. That
// of a full disk is not asked.
func (p *parade) noRoom() error {
	for i := range p.outcomes {
		for _, problem := range p.outcomes[i].Problems {
			if p.outcomes[i].Scenario != "full" && strings.Contains(problem, journal.ErrFull.Error()) {
				return refuse("free some space, or name another folder with --dir", "the scratch folder %s: %s: %w", p.opts.Dir, p.outcomes[i].Scenario, journal.ErrFull)
			}
		}
	}
	return nil
}

// play plays one scenario in a folder of its own. Its choices depend on the seed
// and on its name, and not on which others are played.
func (p *parade) play(ctx context.Context, s *Scenario) Outcome {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	name := fnv.New64a()
	_, _ = name.Write([]byte(s.Name)) // a hash takes everything
	r := &record{
		parade: p, began: time.Now(), rng: rand.New(rand.NewPCG(p.opts.Seed, name.Sum64())),
		out: Outcome{Scenario: s.Name, Title: s.Title, Promises: s.Promises},
	}
	p.tell(Progress{Trial: s.Name})
	var over sync.WaitGroup
	over.Go(func() { // fatal ends this goroutine
		t := &trial{record: r, ctx: ctx}
		s.play(t.in(s.Name))
	})
	over.Wait()
	stop() // nothing is started any more
	r.killRest()
	o := r.end()
	p.tell(Progress{Trial: s.Name, Ended: true, Verdict: o.Verdict})
	return o
}

// tell adds what is true of the whole, and passes it on.
func (p *parade) tell(now Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Ended {
		p.done++
	}
	now.Done, now.Of, now.Kills = p.done, len(p.outcomes), p.dead
	if p.opts.Progress != nil {
		p.opts.Progress(now)
	}
}
