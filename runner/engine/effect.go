package engine

import (
	"encoding/json"
	"errors"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
)

type effectKind int

const (
	effectAttempt effectKind = iota
	effectTimer
	effectChild
	effectCancel
	effectEnd
)

// An effect is what follows from a command once its turn is on disk (P1). There
// is one for each command, in the same order.
type effect struct {
	kind  effectKind
	op    *operation
	child string          // effectChild: the id
	input json.RawMessage // effectChild
}

// endCommand is how a run ends whose function returned out and err.
func endCommand(out json.RawMessage, err error, canceled bool) journal.Command {
	switch {
	case err == nil:
		return journal.Command{Kind: journal.Complete, Data: out}
	case canceled && errors.Is(err, host.ErrCanceled):
		return journal.Command{Kind: journal.Cancel, Data: host.Marshal(err)}
	}
	return journal.Command{Kind: journal.Fail, Data: host.Marshal(err)}
}
