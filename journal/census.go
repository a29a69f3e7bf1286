package journal

import "context"

// A Census is a store that knows the processes which share the journal.
type Census interface {
	// Processes lists those that own runs, or may, the dead among them.
	Processes(ctx context.Context) ([]Process, error)
}

// A Registry is a store that records who owns what in a form which can
// contradict itself.
type Registry interface {
	// Ownership lists what is wrong there: a run whose owner never was a
	// process, an owner of a run that is not open, a process that holds its
	// lock and is not among those that share the journal (P5).
	Ownership(ctx context.Context) ([]*Violation, error)
}

// An Inquest is a store that knows what a process had under way when it died.
type Inquest interface {
	// Beside reports whether the dead owner of the run had other runs under way,
	// which did more than wait: those it still owns, and those that were taken over
	// from it.
	Beside(ctx context.Context, run int64) (bool, error)
}
