package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// interrupted is what an open run is called that has something to do and that no
// live process owns.
const interrupted = "interrupted"

// statuses are the words that list shows and takes, in the order of a run's
// life. "open" and "unfinished" stand for several of them.
var statuses = []string{
	string(journal.Queued), string(journal.Running), string(journal.Waiting), string(journal.Retrying), interrupted,
	string(journal.StatusStuck), string(journal.StatusCompleted), string(journal.StatusFailed),
	string(journal.StatusCanceled), string(journal.StatusTerminated),
}

// shown is the word for what a run does. next is its earliest deadline, zero if
// it has none.
func shown(run journal.Run, next, now time.Time) string {
	switch {
	case run.Status != journal.StatusOpen:
		return string(run.Status)
	case run.Live || run.Phase == journal.Queued:
		return string(run.Phase)
	case run.Phase == journal.Running || run.Inbox > 0 || !next.IsZero() && !next.After(now):
		return interrupted
	}
	return string(run.Phase)
}

// status is shown, with the deadline looked up where it matters.
func (r *client) status(ctx context.Context, run journal.Run, now time.Time) (string, error) {
	var next time.Time
	if run.Status == journal.StatusOpen && !run.Live {
		d, err := r.db.Details(ctx, run.Key)
		if err != nil {
			return "", fmt.Errorf("details of run %s: %w", run.ID, err)
		}
		next = deadline(d)
	}
	return shown(run, next, now), nil
}

// deadline is the earliest one pending; zero if there is none.
func deadline(d journal.Details) (next time.Time) {
	for _, t := range d.Timers {
		if next.IsZero() || t.Due.Before(next) {
			next = t.Due
		}
	}
	return next
}

// A runJSON is a run as docs/json.md describes it.
type runJSON struct {
	ID       string          `json:"id"`
	ULID     string          `json:"ulid"`
	Workflow string          `json:"workflow"`
	Status   string          `json:"status"`
	Origin   string          `json:"origin"`
	Created  string          `json:"created"`
	Updated  string          `json:"updated"`
	Ended    string          `json:"ended,omitempty"`
	Events   int64           `json:"events"`
	Inbox    int             `json:"inbox"`
	Crashes  int             `json:"crashes"`
	Owned    bool            `json:"owned"`
	Problem  json.RawMessage `json:"problem,omitempty"`

	created, updated time.Time
}

func describe(run journal.Run, status string) runJSON {
	origin := string(run.Origin)
	if run.Origin == journal.ByAPI {
		origin = "api"
	}
	return runJSON{
		ID: run.ID, ULID: run.ULID, Workflow: run.Workflow, Status: status, Origin: origin,
		Created: stamp(run.Created), Updated: stamp(run.LastAt), Ended: stamp(run.Ended),
		Events: run.LastSeq, Inbox: run.Inbox, Crashes: run.Crashes, Owned: run.Live, Problem: run.Problem,
		created: run.Created, updated: run.LastAt,
	}
}
