package chaos

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/seed139febb4/durable/journal"
)

// A victim is a process under orders, as its probe sees it.
type victim struct {
	orders *Orders
	ledger *Ledger

	mu     sync.Mutex
	visits []int  // of each kill's moment
	since  []bool // whether its Since has come
}

// newProbe returns what carries the orders out. The error says why the ledger
// cannot be written.
func (o *Orders) newProbe() (journal.Probe, error) {
	l, err := OpenLedger(o.Ledger)
	if err != nil {
		return nil, err
	}
	v := &victim{orders: o, ledger: l, visits: make([]int, len(o.Kills)), since: make([]bool, len(o.Kills))}
	return v.at, nil
}

// at is called at every moment. What is noted of it is on disk before the process
// may die of it.
func (v *victim) at(m journal.Moment) {
	if what, ok := v.noted(&m); ok {
		v.ledger.note(Entry{What: what, Moment: m})
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.orders.Kills {
		k := &v.orders.Kills[i]
		if k.Since.Point != "" && !v.since[i] {
			v.since[i] = fits(&k.Since, &m)
			continue
		}
		if !fits(&k.At, &m) {
			continue
		}
		if v.visits[i]++; v.visits[i] == max(k.Visit, 1) && v.use(k.Token) {
			v.ledger.note(Entry{What: Killed, Moment: m, Token: k.Token})
			end(k.Stop)
			v.ledger.note(Entry{What: WentOn, Moment: m, Token: k.Token})
		}
	}
}

// noted says as what a moment goes into the ledger, if it does.
func (v *victim) noted(m *journal.Moment) (what What, ok bool) {
	switch m.Point {
	case journal.ActivityCalled:
		return Called, true
	case journal.ActivityBack:
		return Returned, true
	case journal.ReplayDone:
		return Resumed, true
	case journal.TurnAfter:
		switch m.Kind {
		case journal.ActivityCompleted, journal.ActivityFailed, journal.AttemptFailed:
			return Recorded, true
		}
	}
	return Passed, v.orders.Trace
}

// use takes a token. It reports false if it was taken before.
func (v *victim) use(token string) bool {
	f, err := os.OpenFile(filepath.Join(v.orders.Tokens, token), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false
	}
	if err != nil {
		v.ledger.note(Entry{What: Broken, Text: err.Error()})
		return false
	}
	_ = f.Close() // that it is there is all it says
	return true
}
