package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A Ledger says what really happened outside of the journal: a file of one JSON
// object a line, which several processes append to. A line is on disk before
// what it is about goes on. All methods are safe for concurrent use.
type Ledger struct{ f *os.File }

// What happened, in an Entry.
type What string

// The words of a ledger.
const (
	Called   What = "called"   // an activity's function is about to be called
	Returned What = "returned" // it has returned; nothing of that is on disk yet
	Recorded What = "recorded" // the outcome of an attempt is on disk
	Resumed  What = "resumed"  // a run was rebuilt from the journal
	Killed   What = "killed"   // the process is about to die under orders, or to be stopped
	WentOn   What = "went on"  // it was stopped, and goes on
	Passed   What = "passed"   // another moment, with Orders.Trace
	Broken   What = "broken"   // the orders could not be carried out: Text says why
	Effect   What = "effect"   // an activity says that it has done something: Text
)

// An Entry is one line of a ledger.
type Entry struct {
	What    What      `json:"what"`
	At      time.Time `json:"at"`                // by the system's clock, whatever the orders say
	PID     int       `json:"pid"`               // of the process
	Process int       `json:"process,omitempty"` // its number in the Lab that started it
	Token   string    `json:"token,omitempty"`
	Text    string    `json:"text,omitempty"`
	journal.Moment
}

// OpenLedger opens the ledger at path for appending, and creates it if there is
// none.
func OpenLedger(path string) (*Ledger, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return &Ledger{f}, nil
}

// Note appends an Effect, for activities that count what they do themselves.
func (l *Ledger) Note(text string) error {
	return l.write(Entry{What: Effect, Text: text})
}

// note is Note for who cannot do anything about an error: a ledger that cannot
// be written proves nothing, so the process ends.
func (l *Ledger) note(e Entry) {
	if err := l.write(e); err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		os.Exit(exitNoLedger)
	}
}

// exitNoLedger is how a process ends that cannot write its ledger.
const exitNoLedger = 70

func (l *Ledger) write(e Entry) error {
	e.At, e.PID, e.Process = time.Now(), os.Getpid(), int(number.Load())
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.f.Write(append(line, '\n')) // one call: lines of several processes do not mix
	}
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the ledger %s: %w", l.f.Name(), err)
	}
	return nil
}

// lineStart begins each line, and stands nowhere else in it: quotes within texts
// are escaped.
const lineStart = `{"what":`

// Close closes the file.
func (l *Ledger) Close() error { return l.f.Close() }

// ReadLedger returns what is in the ledger at path. A line without an end was cut
// off by a kill and does not count, also if another process went on in it. There
// may be no such file: then nothing happened.
func ReadLedger(path string) ([]Entry, error) {
	var r ledgerReader
	return r.read(path)
}

// A ledgerReader reads a ledger that grows, each line once.
type ledgerReader struct {
	mu   sync.Mutex
	used int64 // bytes that were read
	all  []Entry
}

// read returns all that is there by now, in a ledger that is always the same one.
func (r *ledgerReader) read(path string) ([]Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, r.used, math.MaxInt64-r.used))
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var e Entry
		last := line[max(0, bytes.LastIndex(line, []byte(lineStart))):]
		if err := json.Unmarshal(last, &e); err != nil {
			return nil, fmt.Errorf("ledger %s, line %d: %w", path, len(r.all)+1, err)
		}
		r.all = append(r.all, e)
		r.used += int64(len(line))
	}
	return slices.Clip(r.all), nil
}
