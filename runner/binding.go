package runner

import "github.com/seed139febb4/durable/runner/host"

// A Binding is a name with the function that implements it, made by the Bind of
// a [Workflow], an [Activity] or a [Tx], and given to [New].
type Binding struct{ host.Binding }

// Kind is workflow, activity or transaction.
func (b Binding) Kind() string {
	switch {
	case b.Workflow != nil:
		return "workflow"
	case b.Tx != nil:
		return "transaction"
	}
	return "activity"
}

// A Port is something from outside that a workflow understands: a [Signal] or a
// [Query] constant.
type Port interface{ port() host.Port }
