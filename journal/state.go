package journal

import (
	"encoding/json"
	"slices"
	"time"
)

// A State is what a history means: see Fold. Its slices and payloads are those
// of the events it was made from.
type State struct {
	Status Status // StatusOpen until the history says how the run ended

	Seq     int64     // the last event
	At      time.Time // when that was
	Sum     uint32    // its checksum
	Message int64     // the last inbox message that was delivered; 0 if none was

	Started time.Time       // zero if it has not been
	Input   json.RawMessage // of the workflow
	Data    json.RawMessage // of the end: the result, a Failure, or the reason of a termination

	Cancel     *CancelRequest // the first one; nil if there was none
	Operations []Operation    // operation number n is at n-1
	Signals    []Signal       // as they were delivered
}

// A CancelRequest is somebody's wish that the run be canceled.
type CancelRequest struct {
	Event  int64
	At     time.Time
	By     string
	Reason json.RawMessage // a JSON string or nil
}

// A Signal is one that was delivered.
type Signal struct {
	Event int64
	At    time.Time // when it was delivered
	Name  string
	Data  json.RawMessage
	Note  Note // who sent it, and when

	Unread bool // the workflow returned without having taken it; not known of a terminated run
}

// An Operation is one thing the workflow asked for, and what became of it.
type Operation struct {
	Command Command   // what was asked for
	Event   int64     // the event that asked for it
	At      time.Time // when

	Failed  []Attempt // attempts that failed and were followed, or are to be followed, by another
	Due     time.Time // a timer's deadline, or when the next attempt is to start; zero if that is at once
	GivenUp int64     // the event in which the workflow gave it up; 0 if it did not
	Waits   bool      // although it was given up its answer is waited for

	Answer   int64     // the event that answered it; 0 if none has
	Kind     Kind      // of that event
	Attempts int       // how many attempts it took, the last one included; 0 for timers and children
	Began    time.Time // when the last attempt did; zero if that was not recorded
	Ended    time.Time // when it was answered
	Data     json.RawMessage
}

// An Attempt is one that failed.
type Attempt struct {
	Event   int64
	Began   time.Time // zero if that was not recorded
	Ended   time.Time
	Failure json.RawMessage
}

// Pending reports whether the run still waits for o.
func (o *Operation) Pending() bool {
	return o.Answer == 0 && (o.GivenUp == 0 || o.Waits)
}

// Work reports whether o is carried out by attempts: an activity, a step or a
// transactional step.
func (o *Operation) Work() bool {
	switch o.Command.Kind {
	case RunActivity, RunStep, RunTx:
		return true
	}
	return false
}

// Phase is what the run does while it waits for its next input:
//
//   - Queued without any event,
//   - else Running if an activity, a step or a transactional step is pending
//     that has not failed yet,
//   - else Retrying if one is pending at all: each has failed and waits for its
//     next attempt, or is in it,
//   - else Waiting;
//   - and "" once it has ended.
func (s *State) Phase() Phase {
	switch {
	case s.Status.Closed():
		return ""
	case s.Seq == 0:
		return Queued
	}
	phase := Waiting
	for i := range s.Operations {
		o := &s.Operations[i]
		if !o.Pending() || !o.Work() {
			continue
		}
		if len(o.Failed) == 0 {
			return Running
		}
		phase = Retrying
	}
	return phase
}

// Timers returns the deadlines the run waits for, in the order of CompareTimers:
// those of its pending timers, and those at which another attempt is to start,
// also when that moment has passed. A run that has ended has none.
func (s *State) Timers() []Timer {
	if s.Status.Closed() {
		return nil
	}
	var ts []Timer
	for i := range s.Operations {
		o := &s.Operations[i]
		switch {
		case !o.Pending():
		case o.Command.Kind == StartTimer:
			ts = append(ts, Timer{Op: o.Command.Op, Due: o.Due})
		case len(o.Failed) > 0:
			ts = append(ts, Timer{Op: o.Command.Op, Attempt: len(o.Failed) + 1, Due: o.Due})
		}
	}
	slices.SortFunc(ts, CompareTimers)
	return ts
}

// Op returns the operation of that number, nil if there is none.
func (s *State) Op(number int64) *Operation {
	if number < 1 || number > int64(len(s.Operations)) {
		return nil
	}
	return &s.Operations[number-1]
}
