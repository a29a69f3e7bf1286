package journal

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Fold says what a whole history means. The error, if any, is a *Violation that
// names the first event which breaks a rule; the State is then that of the
// events before it. Checksums are not looked at, see Verify.
func Fold(events []Event) (*State, error) {
	s := NewState()
	for i := range events {
		if err := s.Apply(&events[i]); err != nil {
			return s, err
		}
	}
	return s, nil
}

// NewState returns the meaning of a history without events.
func NewState() *State { return &State{Status: StatusOpen} }

// Apply takes in the next event. If that breaks a rule the error is a
// *Violation, and s is only good for looking at.
func (s *State) Apply(e *Event) error {
	if v := s.apply(e).in(e); v != nil {
		return v
	}
	return nil
}

func (s *State) apply(e *Event) *Violation {
	switch {
	case e.Seq != s.Seq+1:
		return breach("P8", "it follows event %d", s.Seq)
	case s.Status.Closed():
		return breach("P5", "%s follows the end of the run", e.Kind)
	case e.At.Before(s.At):
		return breach("P6", "its time, %s, is before that of event %d, %s", stamp(e.At), s.Seq, stamp(s.At))
	case (e.Kind == Started) != (s.Seq == 0) && !(e.Kind == Terminated && s.Seq == 0):
		return breach("P6", "%s is not for this place: the first event, and only that, is %s", e.Kind, Started)
	}
	note, err := e.note()
	if err != nil {
		return breach("P8", "its note cannot be decoded: %v", err)
	}
	commands, err := e.Asked()
	if err != nil {
		return breach("P8", "its commands cannot be decoded: %v", err)
	}
	if v := s.deliver(e, &note); v != nil {
		return v
	}
	s.Seq, s.At, s.Sum = e.Seq, e.At, e.Sum
	for i := range commands {
		if s.Status.Closed() {
			return breach("P6", "command %q follows the one that ended the run", commands[i].Kind)
		}
		if v := s.ask(e, &commands[i]); v != nil {
			return v
		}
	}
	return nil
}

func (e *Event) note() (n Note, err error) {
	if e.Note != nil {
		err = json.Unmarshal(e.Note, &n)
	}
	return n, err
}

// deliver takes in what came with the event.
func (s *State) deliver(e *Event, note *Note) *Violation {
	if note.Message != 0 {
		if note.Message <= s.Message {
			return breach("P3", "it delivers message %d after message %d", note.Message, s.Message)
		}
		s.Message = note.Message
	}
	switch e.Kind {
	case Started:
		s.Started, s.Input = e.At, e.Data
	case ActivityCompleted, ActivityFailed, ChildCompleted, ChildFailed, TimerFired:
		return s.answer(e, note)
	case AttemptFailed:
		return s.attemptFailed(e, note)
	case SignalReceived:
		if e.Name == "" {
			return breach("P3", "a signal without a name")
		}
		s.Signals = append(s.Signals, Signal{Event: e.Seq, At: e.At, Name: e.Name, Data: e.Data, Note: *note})
	case CancelRequested:
		if s.Cancel == nil {
			s.Cancel = &CancelRequest{Event: e.Seq, At: e.At, By: note.By, Reason: e.Data}
		}
	case Terminated:
		if e.Commands != nil {
			return breach("P6", "%s with commands", e.Kind)
		}
		s.Status, s.Data = StatusTerminated, e.Data
	default:
		return breach("P7", "%q is no kind of event", e.Kind)
	}
	return nil
}

// answers says which events answer an operation.
func (o *Operation) answers(k Kind) bool {
	switch k {
	case ActivityCompleted, ActivityFailed, AttemptFailed:
		return o.Work()
	case TimerFired:
		return o.Command.Kind == StartTimer
	case ChildCompleted, ChildFailed:
		return o.Command.Kind == StartChild
	}
	return false
}

// asked finds the operation that e names.
func (s *State) asked(e *Event) (*Operation, *Violation) {
	o := s.Op(e.Op)
	switch {
	case o == nil:
		return nil, breach("P2", "%s names operation %d, and nobody asked for that", e.Kind, e.Op)
	case !o.answers(e.Kind):
		return nil, breach("P2", "%s cannot answer operation %d, which is a %s", e.Kind, e.Op, o.Command.Kind)
	case e.Kind != TimerFired && e.Name != o.Command.Name:
		return nil, breach("P2", "%s of %q answers operation %d, which is %q", e.Kind, e.Name, e.Op, o.Command.Name)
	case o.Answer != 0:
		return nil, breach("P2", "%s answers operation %d again: event %d has", e.Kind, e.Op, o.Answer)
	case !o.Pending():
		return nil, breach("P2", "%s answers operation %d, which event %d gave up", e.Kind, e.Op, o.GivenUp)
	}
	return o, nil
}

// answer ends an operation.
func (s *State) answer(e *Event, note *Note) *Violation {
	o, v := s.asked(e)
	if v != nil {
		return v
	}
	switch e.Kind {
	case TimerFired:
		if e.At.Before(o.Due) {
			return breach("P4", "timer %d fired at %s; it was due at %s", e.Op, stamp(e.At), stamp(o.Due))
		}
		if !note.Due.IsZero() && !note.Due.Equal(o.Due) {
			return breach("P4", "timer %d fired for %s; it was due at %s", e.Op, stamp(note.Due), stamp(o.Due))
		}
	case ActivityFailed, ChildFailed:
		if err := json.Unmarshal(e.Data, new(Failure)); err != nil {
			return breach("P8", "its failure cannot be decoded: %v", err)
		}
	}
	if o.Work() {
		o.Attempts = cmp.Or(note.Attempt, len(o.Failed)+1)
	}
	o.Answer, o.Kind, o.Data = e.Seq, e.Kind, e.Data
	o.Began, o.Ended = note.Began, e.At
	return nil
}

func (s *State) attemptFailed(e *Event, note *Note) *Violation {
	o, v := s.asked(e)
	switch {
	case v != nil:
		return v
	case note.Attempt != len(o.Failed)+1:
		return breach("P2", "attempt %d of operation %d failed after attempt %d", note.Attempt, e.Op, len(o.Failed))
	case note.Due.IsZero():
		return breach("P4", "attempt %d of operation %d failed, and when the next is due is not said", note.Attempt, e.Op)
	case e.Commands != nil:
		return breach("P6", "%s with commands: the workflow does not see it", e.Kind)
	}
	if err := json.Unmarshal(e.Data, new(Failure)); err != nil {
		return breach("P8", "its failure cannot be decoded: %v", err)
	}
	o.Failed = append(o.Failed, Attempt{Event: e.Seq, Began: note.Began, Ended: e.At, Failure: e.Data})
	o.Due = note.Due
	return nil
}

// ask takes in one command of e.
func (s *State) ask(e *Event, c *Command) *Violation {
	if status, ends := c.Kind.Ends(); ends {
		s.Status, s.Data = status, c.Data
		return s.leave(c.Unread)
	}
	switch c.Kind {
	case CancelOp:
		return s.giveUp(e, c)
	case RunActivity, RunStep, RunTx, StartTimer, StartChild:
	default:
		return breach("P7", "%q is no kind of command", c.Kind)
	}
	if want := int64(len(s.Operations)) + 1; c.Op != want {
		return breach("P6", "the %s it asks for is operation %d, not %d", c.Kind, c.Op, want)
	}
	s.Operations = append(s.Operations, Operation{Command: *c, Event: e.Seq, At: e.At, Due: c.Due})
	return nil
}

func (s *State) giveUp(e *Event, c *Command) *Violation {
	o := s.Op(c.Op)
	if o == nil || o.Answer != 0 || o.GivenUp != 0 {
		return breach("P6", "it gives up operation %d, which is not pending", c.Op)
	}
	o.GivenUp, o.Waits = e.Seq, c.Name == WaitForAnswer
	return nil
}

// leave marks the signals that the workflow had not taken when it returned.
func (s *State) leave(events []int64) *Violation {
	for _, event := range events {
		i, found := slices.BinarySearchFunc(s.Signals, event, func(g Signal, event int64) int { return cmp.Compare(g.Event, event) })
		if !found || s.Signals[i].Unread {
			return breach("P3", "it leaves the signal of event %d unread, and there is none", event)
		}
		s.Signals[i].Unread = true
	}
	return nil
}
