package engine

import (
	"context"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// readInbox puts the messages that have not been taken yet at the head of the
// queue.
func (r *run) readInbox() (commit Task) {
	messages, err := r.messages(r.seen)
	if err != nil {
		return r.failed(err, nil)
	}
	if len(messages) == 0 {
		return nil
	}
	r.seen = messages[len(messages)-1].ID
	r.at(journal.MessageTaken)
	r.mu.Lock()
	r.queue = append(inputs(messages), r.queue...)
	r.mu.Unlock()
	return nil
}

// messages reads the inbox and verifies it.
func (r *run) messages(after int64) ([]journal.Message, error) {
	messages, err := r.e.store.Inbox(context.Background(), r.key, after)
	if err != nil {
		return nil, fmt.Errorf("read the inbox of run %s: %w", r.info.ID, err)
	}
	return journal.VerifyInbox(&journal.Run{Key: r.key, ID: r.info.ID}, messages)
}

func inputs(messages []journal.Message) []input {
	in := make([]input, len(messages), len(messages)+1)
	for i := range messages {
		in[i] = fromMessage(&messages[i])
	}
	return in
}

// checkInbox finds the messages that came for a run while it left memory.
func (e *Engine) checkInbox(run int64) {
	defer e.busy(-1)
	messages, err := e.store.Inbox(context.Background(), run, 0)
	if err == nil && len(messages) > 0 {
		e.findWork()
	}
}
