package journal

import "context"

// Shared is implemented by stores that several processes may use at once.
// Without it a process is alone, and owns whatever it claims.
type Shared interface {
	// Join makes this process one that runs workflows: it takes the lock that
	// dies with it (P5) and listens for the others until Leave or Close. It
	// must be called before anything is claimed or created with Own.
	Join(ctx context.Context, p Peer) error

	// Leave ends what Join began. Runs it owned count as unowned from then on.
	Leave() error

	// Nudge tells the process that owns the run, or, if nobody does, all of
	// them, that something for it has been committed. It does not wait, and
	// failing to reach anyone is no error: others poll.
	Nudge(run int64)

	// Call sends a question to another live process and returns its answer.
	// ErrHeld if that process does not answer before ctx ends.
	Call(ctx context.Context, process int64, question []byte) ([]byte, error)
}

// A Peer is what a joined process does when others turn to it. Its methods are
// called from goroutines of the store, several at once, and must not block but
// for Called.
type Peer interface {
	Nudged(run int64)                                            // something was committed for that run; 0: for some run
	Called(ctx context.Context, question []byte) ([]byte, error) // a question by another process
	Died()                                                       // a process that ran workflows is gone
}

// A Process is one process that shares a journal, for doctor and messages.
type Process struct {
	Number  int64  // what Run.Owner holds
	PID     int    //
	Host    string //
	Started string // RFC 3339
	Live    bool
	Self    bool
	NoLock  bool // its lock is gone, so it counts as dead, whether it is or not
}
