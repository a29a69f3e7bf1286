package host

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"
)

// A Binding is a name with its implementation, as an engine needs it. Exactly
// one of Workflow, Activity and Tx is set.
type Binding struct {
	Name     string
	Workflow WorkflowFunc
	Activity ActivityFunc
	Tx       TxFunc
	Schema   []string // of Tx: statements executed once in the file before the first use
	Options  Options  // of an activity: what a call does not say

	In, Out reflect.Type // of the input and the result, for command lines and forms
	Accepts []Port       // of a workflow: the signals and queries it declares
}

// A TxFunc runs a transactional step inside the commit that records its result.
type TxFunc func(context.Context, *sql.Tx, json.RawMessage) (json.RawMessage, error)

// A Port is a signal or a query that a workflow declares.
type Port struct {
	Name  string
	Query bool
	Type  reflect.Type                // of the payload, or of the answer
	Check func(json.RawMessage) error // reports whether a payload decodes into Type; nil for a query
}
