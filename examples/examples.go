// Package examples holds the workflows that come with the durable command, each
// small enough to be read at one sitting.
//
// Start with hello.go, then durable.go (a sleep that survives kill -9), then
// approval.go (waiting for people). tour.go calls the activities, of which each
// shows one way of being safe to run again:
//
//	prepare  has no effect at all: the same input gives the same result
//	record   writes rows in the commit that records its result: exactly once
//	fetch    only reads, from an address that may be down for a while
//	notify   leaves the idempotency key with its effect, and looks for it first
//	crunch   is long, and goes on from its last heartbeat
//	flaky    fails on purpose
package examples

import "github.com/seed139febb4/durable/runner"

// Bindings are what the durable command runs.
func Bindings() []runner.Binding {
	return []runner.Binding{
		Hello.Bind(hello),
		Durable.Bind(durable),
		Approval.Bind(approval, Approve, Reject, Status),
		Tour.Bind(tour),

		Prepare.Bind(prepare),
		Record.Bind(record, ledger),
		Fetch.Bind(fetch, fetchOptions...),
		Notify.Bind(notify),
		Crunch.Bind(crunch, crunchOptions...),
		Flaky.Bind(flaky, flakyOptions...),
	}
}
