package engine

import "github.com/seed139febb4/durable/runner/host"

// A mailbox holds the messages of one signal that the workflow has not taken.
type mailbox struct{ messages []host.Message }

var _ host.Mailbox = (*mailbox)(nil)

func (x *execution) mailbox(signal string) *mailbox {
	b := x.boxes[signal]
	if b == nil {
		b = new(mailbox)
		x.boxes[signal] = b
	}
	return b
}

func (b *mailbox) put(m host.Message) { b.messages = append(b.messages, m) }
func (b *mailbox) Len() int           { return len(b.messages) }
func (b *mailbox) Peek() host.Message { return b.messages[0] }

func (b *mailbox) Pop() host.Message {
	m := b.messages[0]
	b.messages = b.messages[1:]
	return m
}
