package engine

import (
	"slices"

	"github.com/seed139febb4/durable/runner/host"
)

// A mailbox holds the messages of one signal that the workflow has not taken.
type mailbox struct {
	messages []host.Message
	events   []int64 // by which they were delivered
	asked    bool    // whether it is empty, since execution.awaited forgot
}

var _ host.Mailbox = (*mailbox)(nil)

func (x *execution) mailbox(signal string) *mailbox {
	b := x.boxes[signal]
	if b == nil {
		b = new(mailbox)
		x.boxes[signal] = b
	}
	return b
}

func (b *mailbox) put(m host.Message, event int64) {
	b.messages, b.events = append(b.messages, m), append(b.events, event)
}

func (b *mailbox) Len() int {
	b.asked = true
	return len(b.messages)
}

func (b *mailbox) Peek() host.Message { return b.messages[0] }

func (b *mailbox) Pop() host.Message {
	m := b.messages[0]
	b.messages, b.events = b.messages[1:], b.events[1:]
	return m
}

// unread are the events whose messages nobody has taken.
func (x *execution) unread() (events []int64) {
	for _, b := range x.boxes {
		events = append(events, b.events...)
	}
	slices.Sort(events)
	return events
}

// awaited lists the signals that parked coroutines wait for: those whose mailbox
// they look into to see whether they can go on.
func (x *execution) awaited() (signals []string) {
	for _, b := range x.boxes {
		b.asked = false
	}
	for _, c := range x.coroutines {
		if !c.done && c.ready != nil {
			c.ready()
		}
	}
	for name, b := range x.boxes {
		if b.asked {
			signals = append(signals, name)
		}
	}
	slices.Sort(signals)
	return signals
}
