package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

// A launch is what run was asked to do.
type launch struct {
	*invocation
	b        *runner.Binding
	form     *form
	request  runner.StartRequest
	explicit bool // something of the input was given
	grace    time.Duration
}

func (s *invocation) launch(c *cli.Context, b *runner.Binding, f *form) (*launch, error) {
	given, err := s.argument(c.String("input"))
	if err != nil {
		return nil, err
	}
	input, err := f.encode(given, c.Args().Slice())
	if err != nil {
		return nil, err
	}
	if err := s.fits(input, "the input of workflow "+b.Name); err != nil {
		return nil, err
	}
	grace, err := durationFlag(c, "grace")
	if err != nil {
		return nil, err
	}
	l := &launch{invocation: s, b: b, form: f, grace: grace, explicit: given != "" || c.NArg() > 0 || f.touched()}
	l.request = runner.StartRequest{Workflow: b.Name, ID: c.String("id"), Input: input, Again: c.Bool("new")}
	if l.request.ID == "" {
		l.request.Origin = journal.ByCommand
	}
	return l, checkID(c)
}

func (l *launch) run(ctx context.Context, detach bool) error {
	r, err := l.openOrCreate()
	if err != nil {
		return err
	}
	r.Only, r.Grace = true, l.grace
	if detach {
		err = l.detach(ctx, r)
	} else {
		err = l.serve(ctx, r, func(ctx context.Context) error { return l.attach(ctx, r) })
	}
	return errors.Join(err, r.db.Close())
}

// attach finds or starts the run, follows it to the end and prints its result.
func (l *launch) attach(ctx context.Context, r *client) error {
	p, err := l.pick(ctx, r)
	if err != nil {
		return err
	}
	run, state, err := l.follow(ctx, r, p)
	if cause := context.Cause(ctx); err != nil && isInterruption(cause) {
		return withHint(cause, "%s %s is safe; the same command carries on%s", l.b.Name, l.label(run), l.without())
	}
	if err != nil {
		return err
	}
	return l.finish(run, state)
}

// follow shows the run until it has ended or is stuck.
func (l *launch) follow(ctx context.Context, r *client, p *picked) (journal.Run, *journal.State, error) {
	l.screen.Line(p.header)
	run, v := p.run, newView(l.invocation, &l.b.Binding)
	v.crashes, v.beats = p.crashes, func() (map[int64]json.RawMessage, error) { return r.beats(ctx, p.run.Key) }
	if err := v.skip(p.past); err != nil {
		return run, nil, err
	}
	if err := l.nameOthers(ctx, r, run.Key); err != nil {
		return run, nil, err
	}
	chain := run.Chain()
	chain.Skip(v.state.Seq, v.state.Sum) // verified when they were read
	err := r.tail(ctx, run, chain, func(news sight) error {
		run = news.run
		return v.see(news)
	}, func(now time.Time) error {
		return errors.Join(v.tick(now), p.keep(ctx, r))
	})
	return run, v.state, err
}

// without says which flag is in the way of carrying on.
func (l *launch) without() string {
	if l.request.Again {
		return ", without --new"
	}
	return ""
}

// finish prints the result, or says why there is none.
func (l *launch) finish(run journal.Run, state *journal.State) error {
	result, err := l.outcome(run, state)
	if err != nil {
		return err
	}
	l.screen.Status("")
	l.screen.Line("completed in " + span(run.Ended.Sub(run.Created)) + survived(run.Crashes) + unread(run, state))
	return l.out.JSON(result)
}

func survived(crashes int) string {
	if crashes == 0 {
		return ""
	}
	return ", survived " + count(crashes, "crash")
}

func unread(run journal.Run, state *journal.State) string {
	n := len((&record{run: run, state: state}).unread()) + run.Inbox
	if n == 0 {
		return ""
	}
	return ", " + count(n, "signal") + " unread"
}

// mostNamed is how many other runs are counted at most.
const mostNamed = 100

// nameOthers says in a line that other runs wait for somebody to resume them.
func (s *invocation) nameOthers(ctx context.Context, r *client, but int64) error {
	due, _, err := r.db.Work(ctx, s.workflowNames(), time.Now(), mostNamed)
	if err != nil {
		return fmt.Errorf("look for interrupted runs: %w", err)
	}
	left, queued := 0, 0
	for _, key := range due {
		run, err := r.db.Run(ctx, journal.Ref{Key: key})
		switch {
		case err != nil:
			return fmt.Errorf("look for interrupted runs: %w", err)
		case key == but || run.Self:
		case run.Phase == journal.Queued:
			queued++
		default:
			left++
		}
	}
	if text := others(left, queued); text != "" {
		s.screen.Line(text + ": " + s.command("resume"))
	}
	return nil
}

// others counts runs that wait for somebody: those that were left in the middle,
// and those that nobody has begun.
func others(left, queued int) string {
	var parts []string
	if left > 0 {
		parts = append(parts, count(left, "other interrupted run"))
	}
	if queued > 0 {
		parts = append(parts, count(queued, "other queued run"))
	}
	return strings.Join(parts, ", ")
}
