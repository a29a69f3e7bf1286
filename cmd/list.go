package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
)

func (s *invocation) listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Aliases: []string{"ls"}, Usage: "list runs, newest first",
		Description: `In a pipe: id, status, workflow, created, updated, events, crashes, separated by tabs.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "status", Usage: "`STATUS` only these, separated by commas: open, unfinished, closed, " + strings.Join(statuses, ", ")},
			&cli.StringFlag{Name: "workflow", Usage: "`WORKFLOW` only its runs"},
			&cli.StringFlag{Name: "since", Usage: "`TIME` only runs created since then: 2h ago as 2h, or 2006-01-02"},
			&cli.IntFlag{Name: "limit", Value: 50, Usage: "`N` runs at most; 0: all"},
			&cli.BoolFlag{Name: "watch", Usage: "go on showing what changes"},
		},
		Action: func(c *cli.Context) error {
			if _, err := words(c, 0, 0); err != nil {
				return err
			}
			q, err := s.listing(c)
			if err != nil {
				return err
			}
			return s.with(func(r *client) error {
				if c.Bool("watch") {
					return s.watch(c.Context, r, q)
				}
				return s.list(c.Context, r, q)
			})
		},
	}
}

// A listing is what list was asked for.
type listing struct {
	filter journal.Filter
	words  []string // statuses as shown; nil: all
	limit  int
}

func (s *invocation) listing(c *cli.Context) (q listing, err error) {
	q.filter.Workflow = c.String("workflow")
	if w := q.filter.Workflow; w != "" && s.binding(w) == nil {
		if near := suggest(w, s.workflowNames()); near != "" {
			s.screen.Line(fmt.Sprintf("note: this program has no workflow %s; did you mean %s?", quote(w), near))
		}
	}
	if q.limit = c.Int("limit"); q.limit < 0 {
		return q, usagef("--limit: %d is negative", q.limit)
	}
	if since := c.String("since"); since != "" {
		if d, err := runner.ParseDuration(since); err == nil {
			q.filter.Since = time.Now().Add(-time.Duration(d))
		} else if q.filter.Since, err = parseTime(since); err != nil {
			return q, usagef("--since: %s is neither a time nor a duration: write 2h, 2d or 2006-01-02", quote(since))
		}
	}
	return q, q.readStatus(c.String("status"))
}

// groups are the words that stand for several statuses.
var groups = map[string][]string{
	"open":       statuses[:5],
	"unfinished": statuses[:6],
	"closed":     statuses[6:],
}

func (q *listing) readStatus(given string) error {
	if given == "" {
		return nil
	}
	for word := range strings.SplitSeq(given, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		switch {
		case groups[word] != nil:
			q.words = append(q.words, groups[word]...)
		case slices.Contains(statuses, word):
			q.words = append(q.words, word)
		default:
			u := usagef("--status: there is no %s", quote(word))
			u.hint = didYouMean(word, append([]string{"open", "unfinished", "closed"}, statuses...))
			return u
		}
	}
	for _, w := range q.words {
		stored := journal.Status(w)
		if slices.Contains(statuses[:5], w) {
			stored = journal.StatusOpen
		}
		if !slices.Contains(q.filter.Status, stored) {
			q.filter.Status = append(q.filter.Status, stored)
		}
	}
	return nil
}

// runs finds what q asks for. What an open run does is not stored in one word,
// so those are filtered here. more says that the limit left something out.
func (r *client) runs(ctx context.Context, q listing) (found []runJSON, more bool, err error) {
	f := q.filter
	if q.limit > 0 {
		f.Limit = q.limit + 1
	}
	for {
		runs, err := r.db.Runs(ctx, f)
		if err != nil {
			return nil, false, fmt.Errorf("list runs: %w", err)
		}
		found = found[:0]
		for _, run := range runs {
			status, err := r.status(ctx, run, time.Now())
			if err != nil {
				return nil, false, err
			}
			if q.words == nil || slices.Contains(q.words, status) {
				found = append(found, describe(run, status))
			}
		}
		switch {
		case q.limit > 0 && len(found) > q.limit:
			return found[:q.limit], true, nil
		case f.Limit == 0 || len(runs) < f.Limit:
			return found, false, nil
		}
		f.Limit *= 8 // the filter left too few of them
	}
}

func (s *invocation) list(ctx context.Context, r *client, q listing) error {
	runs, more, err := r.runs(ctx, q)
	if err != nil {
		return err
	}
	if more {
		s.screen.Line(fmt.Sprintf("there are more than %d: --limit 0 lists all", q.limit))
	}
	if len(runs) == 0 && s.out.text() {
		s.screen.Line("no runs")
	}
	return list(s.out, runs, listHeader, s.listRow(time.Now()))
}

var listHeader = []string{"RUN", "STATUS", "WORKFLOW", "CREATED", "UPDATED", "EVENTS", "CRASHES"}

func (s *invocation) listRow(now time.Time) func(runJSON) []cell {
	return func(run runJSON) []cell {
		id := same(run.ID)
		if run.ID == run.ULID {
			id.human = short(run.ULID)
		}
		return []cell{
			id, s.out.style.statusCell(run.Status), same(run.Workflow),
			{human: ago(now.Sub(run.created)) + " ago", plain: run.Created},
			{human: ago(now.Sub(run.updated)) + " ago", plain: run.Updated},
			same(fmt.Sprint(run.Events)), same(fmt.Sprint(run.Crashes)),
		}
	}
}
