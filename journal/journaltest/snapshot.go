package journaltest

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A snapshot is all that one handle shows of one run, in a form in which two
// stores can be compared.
type snapshot struct {
	Run     journal.Run
	History []journal.Event
	Inbox   []journal.Message
	Details journal.Details
}

// snapshots reads all runs, newest first.
func snapshots(s journal.Store) ([]snapshot, error) {
	runs, err := s.Runs(bg, journal.Filter{})
	if err != nil {
		return nil, err
	}
	var all []snapshot
	for _, r := range runs {
		one := snapshot{Run: comparable(r)}
		if one.History, err = s.History(bg, r.Key, 0, 0); err != nil {
			return nil, err
		}
		if one.Inbox, err = s.Inbox(bg, r.Key, 0); err != nil {
			return nil, err
		}
		if one.Details, err = s.Details(bg, r.Key); err != nil {
			return nil, err
		}
		one.normalize()
		all = append(all, one)
	}
	return all, nil
}

// comparable leaves out of a row what stores may choose: the numbers of
// processes. Live and Self say whose the run is.
func comparable(r journal.Run) journal.Run {
	r.Owner = 0
	r.Problem = compact(r.Problem)
	return r
}

// normalize makes no difference between nothing and an empty list, and leaves
// out when a process died: only the store can know.
func (s *snapshot) normalize() {
	if len(s.History) == 0 {
		s.History = nil
	}
	if len(s.Inbox) == 0 {
		s.Inbox = nil
	}
	if len(s.Details.Timers) == 0 {
		s.Details.Timers = nil
	}
	if len(s.Details.Progress) == 0 {
		s.Details.Progress = nil
	}
	s.Details.Crashes = slices.Clone(s.Details.Crashes)
	for i := range s.Details.Crashes {
		s.Details.Crashes[i].Died = time.Time{}
	}
	if len(s.Details.Crashes) == 0 {
		s.Details.Crashes = nil
	}
}

// compact is the same JSON in one form.
func compact(j json.RawMessage) json.RawMessage {
	if j == nil {
		return nil
	}
	var v any
	if json.Unmarshal(j, &v) != nil {
		return j
	}
	b, err := json.Marshal(v)
	if err != nil {
		return j
	}
	return b
}
