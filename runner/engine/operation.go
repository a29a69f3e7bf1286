package engine

import (
	"encoding/json"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

// An operation is one thing the workflow asked for and waits for an answer to.
// It belongs to its execution; what outlives that is the attempt.
type operation struct {
	number  int64
	kind    journal.CommandKind
	name    string
	input   json.RawMessage
	fn      host.ActivityFunc // of a step
	options host.Options      // of an activity, step or tx: complete
	attempt *attempt          // the first, made by the turn that asked; nil after a replay, and when it has its result
	scope   *scope
	expires *scope // of the timer of a scope with a timeout: what it ends

	asked  time.Time // when: the time of the turn
	due    time.Time // a timer's deadline, or when the next attempt is to start; zero if none is pending
	failed int       // attempts that have

	done   bool
	gaveUp bool // canceled with WaitCancel: the answer is still awaited
	data   json.RawMessage
	err    error
}

var _ host.Pending = (*operation)(nil)

func (o *operation) Ready() bool { return o.done }

func (o *operation) Result() (json.RawMessage, error) { return o.data, o.err }

func (o *operation) answer(data json.RawMessage, err error) {
	o.done, o.data, o.err = true, data, err
	o.input, o.fn = nil, nil
}

// work reports whether the operation is carried out by attempts.
func (o *operation) work() bool {
	return o.kind == journal.RunActivity || o.kind == journal.RunStep || o.kind == journal.RunTx
}

// refused is an operation that was never asked for: its scope had ended.
type refused struct{ err error }

func (r refused) Ready() bool                      { return true }
func (r refused) Result() (json.RawMessage, error) { return nil, r.err }

// decodeFailure turns what an event recorded into the error the workflow sees,
// the same live and on replay.
func decodeFailure(data json.RawMessage) error {
	f := new(journal.Failure)
	if err := json.Unmarshal(data, f); err != nil {
		f.Message = "undecodable failure: " + string(data)
	}
	return f
}
