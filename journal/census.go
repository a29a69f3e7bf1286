package journal

import "context"

// A Census is a store that knows the processes which share the journal.
type Census interface {
	// Processes lists those that own runs, or may, the dead among them.
	Processes(ctx context.Context) ([]Process, error)
}
