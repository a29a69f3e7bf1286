// Package runner is what authors of durable workflows use: typed names for
// workflows, activities, signals and queries, a [Context] to write workflows
// against, and a [Runner] that runs them on a journal.
//
// A workflow is an ordinary function. Whatever it asks the world for is written
// to the journal together with the answer, so when its process dies, another one
// runs the function again from the start, answers what was answered before out
// of the journal, and carries on where it stopped.
//
// # Names
//
// Workflows and activities have names of their own, constants with the types of
// what goes in and comes out. The compiler checks every use of them, and the
// journal, the command line and the logs show the same name:
//
//	const (
//		Approval runner.Workflow[Request, Outcome] = "approval"
//		Process  runner.Activity[Request, Ticket]  = "process"
//		Approve  runner.Signal[Decision]           = "approve"
//		Reject   runner.Signal[Decision]           = "reject"
//		Status   runner.Query[string]              = "get_status"
//	)
//
// # Activities
//
// An [Activity] is where the effects are: an ordinary function that may fail.
//
//	func process(ctx context.Context, r Request) (Ticket, error)
//
// It is tried again when it fails, as its options say ([Attempts], [Backoff],
// [Timeout]), unless the error is [NonRetryable]. It may know its [Attempt], an
// [IdempotencyKey] to give to the far side, and report progress by [Heartbeat]
// and find it again by [LastProgress]. An error constant that shall be
// recognised by the workflow, also after a restart, is a [Failure].
//
// A [Tx] is an activity that writes rows into the journal's own SQLite file, in
// the commit that records its result. A [Step] is an activity that has no name
// outside of the function that uses it.
//
// # Workflows
//
// A [Workflow] is a function of a *[Context]. Do waits for a result, Go gives a
// [Future] instead; activities and child workflows alike.
//
//	func approval(ctx *runner.Context, r Request) (Outcome, error) {
//		status := "processing"
//		Status.Answer(ctx, func() string { return status })
//
//		ticket, err := Process.Do(ctx, r, runner.Attempts(5))
//		if err != nil {
//			return Outcome{}, err
//		}
//
//		status = "waiting"
//		yes, no, late := Approve.Inbox(ctx), Reject.Inbox(ctx), ctx.After(24*time.Hour)
//		won, err := runner.Select(ctx, yes, no, late)
//		if err != nil {
//			return Outcome{}, err // canceled
//		}
//		switch won {
//		case yes:
//			d, err := yes.Message(ctx) // d.Value, d.By, d.At
//			…
//		case no:
//			…
//		case late:
//			…
//		}
//	}
//
// A [Signal] arrives in an [Inbox], and a [Query] is answered from the
// workflow's own variables. [Context.Sleep] and [Context.After] are timers that
// survive restarts. [Select], [All] and [Each] wait for several things,
// [Context.Go] runs a coroutine, and scopes ([Context.WithCancel],
// [Context.WithTimeout], [Context.Shielded]) bound what was started in them.
//
// # Running
//
// Bind ties names to functions, [New] puts the bindings on a journal, and Run
// runs whatever is there to run until its context ends:
//
//	db, err := sqlite.Open("orders.db")
//	…
//	r, err := runner.New(db, Approval.Bind(approval, Approve, Reject, Status), Process.Bind(process))
//	…
//	h, err := Approval.Start(ctx, r, "order-17", Request{…})
//	…
//	err = r.Run(ctx)
//
// Start, [Signal.Send], [Query.Ask] and [Handle.Wait] also work from a process
// that runs nothing.
//
// # What a workflow function must not do
//
// It is run again from the start after every restart and must then ask for the
// same things in the same order. So, outside of activities and steps:
//
//   - no clock and no randomness but the Context's ([Context.Now],
//     [Context.Rand], [Context.NewID]);
//   - no I/O, no environment, no global variable that changes;
//   - no goroutines, channels, locks or time.Sleep: the Context has [Context.Go],
//     [Signal], [Select] and [Context.Sleep];
//   - no range over a map where the order shows.
//
// Code that asks for something else than the journal holds leaves its run stuck,
// with both sides named; nothing is lost, and the run goes on once the code is
// mended and the run resumed. The same holds for a workflow that panics.
//
// # Promises
//
// Package journal numbers them. In short: a recorded result is never computed
// again; an activity whose result is not recorded runs again, so at least once;
// a [Tx] runs exactly once; an acknowledged signal is delivered exactly once and
// in order; a timer never fires early; and an error looks the same to workflow
// code whether it has just happened or is read back.
package runner
