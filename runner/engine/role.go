package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// A once is an event that happens at most once, for others to wait for.
type once struct {
	sync.Once
	done chan struct{}
}

// Ready is closed once Run or Drain has joined the processes that share the
// journal: from then on what is started is driven at once, and runs can be
// adopted.
func (e *Engine) Ready() <-chan struct{} { return e.ready.done }

// Serves asks another live process whether it drives whatever has something to
// do, as a worker, or only what was started or adopted there. The error is that
// of journal.Shared.Call.
func (e *Engine) Serves(ctx context.Context, process int64) (bool, error) {
	if e.shared == nil {
		return false, nil
	}
	question, _ := json.Marshal(inquiry{Role: true})
	reply, err := e.shared.Call(ctx, process, question)
	if err != nil {
		return false, fmt.Errorf("ask process %d what it serves: %w", process, err)
	}
	var c inquiry
	if err := json.Unmarshal(reply, &c); err != nil {
		return false, fmt.Errorf("ask process %d what it serves: %w", process, err)
	}
	return c.Serves, nil
}
