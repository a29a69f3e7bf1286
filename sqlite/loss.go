package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed139febb4/durable/sqlite/peer"
)

// A Loss is something that a process, dead since, had acknowledged and that the
// file does not hold any more.
type Loss struct {
	PID     int
	Started time.Time // of that process
	What    string    // "event 7 of run 12"
	token   string
}

func (l Loss) String() string {
	return fmt.Sprintf("%s is missing, which process %d (started %s) had acknowledged", l.What, l.PID, l.Started.Format(time.RFC3339))
}

// Lost returns what was found to be missing when the file was opened. It is
// found again each time, until AcceptLoss.
func (db *DB) Lost() []Loss {
	db.losses.Lock()
	defer db.losses.Unlock()
	return slices.Clone(db.lost)
}

// AcceptLoss forgets the losses: an operator knows of them.
func (db *DB) AcceptLoss() (all error) {
	db.losses.Lock()
	defer db.losses.Unlock()
	for _, l := range db.lost {
		all = errors.Join(all, db.dir.Remove(l.token))
	}
	if all == nil {
		db.lost = nil
	}
	return all
}

// findLosses compares the marks of dead processes with the file.
func (db *DB) findLosses(c *conn) error {
	members, err := db.dir.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Live {
			continue
		}
		if err := db.compare(c, m); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) compare(c *conn, member peer.Info) error {
	m, ok := decodeMark(member.Mark)
	if !ok || m.file.String() != db.file {
		return nil
	}
	what, err := m.missing(c)
	if err == nil && what != "" {
		db.lost = append(db.lost, Loss{PID: member.PID, Started: member.Started, What: what, token: member.Token})
	}
	return err
}
