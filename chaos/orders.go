package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// Variable is the environment variable that carries a child's orders.
const Variable = "DURABLE_CHAOS"

// Orders are what a process of a Lab is to suffer. The zero Orders let it live.
type Orders struct {
	Kills    []Kill          `json:"kills,omitempty"`
	Trace    bool            `json:"trace,omitempty"`    // note every moment in the ledger, not only effects
	Clock    time.Duration   `json:"clock,omitempty"`    // added to the system's clock
	Sabotage sqlite.Sabotage `json:"sabotage,omitempty"` // of the store
	Full     string          `json:"full,omitempty"`     // while there is a file of that name the disk is full
	Create   bool            `json:"create,omitempty"`   // make the scratch journal, which must not be there
	Subjects bool            `json:"subjects,omitempty"` // run the workflows of this package and the examples, not the program's
	Ledger   string          `json:"ledger"`             // the file that effects are noted in; set by the Lab
	Tokens   string          `json:"tokens"`             // the folder of tokens; set by the Lab
	Number   int             `json:"number"`             // of the process; set by the Lab

	probe   journal.Probe
	unbound bool // of a trial: the program's workflows, not the subjects
}

// A Kill ends the process with SIGKILL when it comes to a moment.
type Kill struct {
	Token string         `json:"token"` // a kill whose token was used is over
	At    journal.Moment `json:"at"`    // fields that are zero fit every moment
	Visit int            `json:"visit"` // how often the moment must have come in this process; 0 and 1: the first time
	Since journal.Moment `json:"since"` // which counts from this moment on; the zero Moment: from the start
	Stop  bool           `json:"stop"`  // SIGSTOP instead
}

// fits reports whether m is the moment that at describes.
func fits(at, m *journal.Moment) bool {
	return at.Point == m.Point &&
		(at.Run == "" || at.Run == m.Run) &&
		(at.Seq == 0 || at.Seq == m.Seq) &&
		(at.Kind == "" || at.Kind == m.Kind) &&
		(at.Op == 0 || at.Op == m.Op) &&
		(at.Name == "" || at.Name == m.Name) &&
		(at.Attempt == 0 || at.Attempt == m.Attempt)
}

// IsChild reports whether a Lab started this process, and has not taken its
// orders yet.
func IsChild() bool { return os.Getenv(Variable) != "" }

// TakeOrders returns the orders of this process, nil if it has none, and removes
// them from its environment, so that nobody inherits them.
func TakeOrders() (*Orders, error) {
	text, ok := os.LookupEnv(Variable)
	if !ok || text == "" {
		return nil, nil
	}
	if err := os.Unsetenv(Variable); err != nil {
		return nil, fmt.Errorf("forget %s: %w", Variable, err)
	}
	var o Orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return nil, fmt.Errorf("%s is for processes that durable chaos starts; it holds no orders: %w", Variable, err)
	}
	number.Store(int64(o.Number))
	return &o, nil
}

// number is that of this process in its Lab; 0: it has none.
var number atomic.Int64

// Options are what the journal is to be opened with. It obeys them if it is a
// scratch journal.
func (o *Orders) Options() ([]sqlite.Option, error) {
	if o == nil {
		return nil, nil
	}
	var err error
	if o.probe, err = o.newProbe(); err != nil {
		return nil, err
	}
	options := []sqlite.Option{sqlite.Probe(o.probe), o.Sabotage}
	if o.Full != "" {
		disk, err := faultvfs.Register("chaos")
		if err != nil {
			return nil, err
		}
		options = append(options, sqlite.VFS(disk.Name()), sqlite.Probe(o.filling(disk)))
	}
	if o.Create {
		options = append(options, sqlite.Scratch)
	}
	return options, nil
}

// Apply puts a runner under orders that were given to its journal. If that is no
// scratch journal nothing happens.
func (o *Orders) Apply(r *runner.Runner, db *sqlite.DB) {
	if o != nil && db.IsScratch() {
		r.Probe, r.ClockOffset = o.probe, o.Clock
	}
}

func (o *Orders) encode() string {
	text, _ := json.Marshal(o) // strings, numbers and flags cannot fail
	return Variable + "=" + string(text)
}

// filling is the probe that fills the disk before a transaction begins, or makes
// room.
func (o *Orders) filling(disk *faultvfs.VFS) journal.Probe {
	full := faultvfs.Fault{File: faultvfs.Log, Op: faultvfs.Write, Sticky: true, Code: sqlite3.SQLITE_FULL}
	return func(m journal.Moment) {
		if m.Point == journal.BeginBefore {
			if _, err := os.Stat(o.Full); err == nil {
				disk.Fail(full)
			} else {
				disk.Mend()
			}
		}
		o.probe(m)
	}
}
