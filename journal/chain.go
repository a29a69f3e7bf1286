package journal

import "fmt"

// A Chain vouches for the events of one run while they are read. It takes them
// in order and refuses the first one that is not what was committed, or before
// which one is missing (P8): no reader uses an event that a Chain has refused.
type Chain struct {
	run string
	seq int64
	sum uint32
}

// NewChain is a Chain that has not taken any event of the run. ref has its ULID,
// and the ID by which errors name it.
func NewChain(ref Ref) *Chain { return &Chain{run: ref.ID, sum: Root(ref.ULID)} }

// Chain is a new Chain for the run's events.
func (r *Run) Chain() *Chain { return NewChain(Ref{ULID: r.ULID, ID: r.ID}) }

// Seq is the number of the last event taken; 0 if none was.
func (c *Chain) Seq() int64 { return c.seq }

// Sum is the checksum of the last event taken; the run's Root if none was.
func (c *Chain) Sum() uint32 { return c.sum }

// Skip takes the event with that number and checksum on trust: what follows is
// verified, but nothing before. Event 0 is none, and the Chain where it was.
func (c *Chain) Skip(seq int64, sum uint32) {
	if seq > 0 {
		c.seq, c.sum = seq, sum
	}
}

// Take verifies the next event. The error is a *DamageError.
func (c *Chain) Take(e *Event) error {
	if e.Seq != c.seq+1 || !Verify(c.sum, e) {
		return &DamageError{Run: c.run, Event: c.seq + 1}
	}
	c.seq, c.sum = e.Seq, e.Sum
	return nil
}

// TakeAll verifies events up to the first that is refused, and returns those
// before it.
func (c *Chain) TakeAll(events []Event) ([]Event, error) {
	for i := range events {
		if err := c.Take(&events[i]); err != nil {
			return events[:i], err
		}
	}
	return events, nil
}

// A DamageError says that an event, or a message that waits, is not what was
// committed. It matches ErrDamaged.
type DamageError struct {
	Run     string // its id
	Event   int64  // 0: it is no event
	Message int64  // the message in the inbox; 0: it is no message
}

func (e *DamageError) Error() string {
	if e.Message != 0 {
		return fmt.Sprintf("run %s: message %d in the inbox does not match its checksum", e.Run, e.Message)
	}
	return fmt.Sprintf("run %s: event %d does not match its checksum, or is missing", e.Run, e.Event)
}

func (e *DamageError) Unwrap() error { return ErrDamaged }

// Problem is the form in which a stuck run keeps it.
func (e *DamageError) Problem() Problem {
	return Problem{Kind: "damage", Message: e.Error(), Event: e.Event}
}

// VerifyInbox returns the messages of the run before the first that is not what
// was committed, and a *DamageError if there is such a one.
func VerifyInbox(run *Run, messages []Message) ([]Message, error) {
	for i := range messages {
		if m := &messages[i]; m.Sum != m.Checksum(run.Key) {
			return messages[:i], &DamageError{Run: run.ID, Message: m.ID}
		}
	}
	return messages, nil
}
