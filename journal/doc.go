// Package journal defines what a durable run leaves on disk: its events, the
// port every store implements ([Store]), and the invariants that hold over both
// ([Check]). It knows neither SQL nor workflows.
//
// # The format in one paragraph
//
// A run's history is a list of events numbered 1, 2, 3 without gaps. One event
// is one turn of the workflow: what came in (a result, a fired timer, a signal,
// a cancel request) together with everything the workflow asked for in answer,
// its commands. Because both halves are one row they can only be on disk
// together. Messages that reach the disk before the workflow has seen them wait
// in the run's inbox and leave it in the very commit that appends their event.
//
// # Promises
//
//	P1  Nothing leaves the process before it is on disk: a turn is committed
//	    (WAL, synchronous=FULL) before any activity it asked for is started and
//	    before any client hears of it. Survives kill -9 and power loss.
//	P2  A journaled result is never computed again. An activity whose result is
//	    not journaled runs again: at least once. A transactional step, whose rows
//	    are in the same file and the same commit, runs exactly once.
//	P3  Every signal enters one inbox on disk whose ids are never reused, or at
//	    once the history. Acknowledged means committed. It is delivered once, in
//	    commit order, also if nobody runs the workflow now; a key makes a repeated
//	    send harmless. A run does not end while its inbox holds messages that came
//	    before what lets it end; signals that came after that stay there, unread.
//	P4  A timer never fires early. Its deadline is absolute: down-time counts.
//	P5  One live owner per run. A dead owner is noticed by the kernel's file lock.
//	    Every append is fenced: a process that lost a run cannot write to it.
//	P6  Replay is checked: code that asks for something else than the journal
//	    holds leaves the run stuck, loses nothing, and continues once mended.
//	P7  A journal written by version N opens in N+1. A newer or foreign file is
//	    refused, never touched.
//	P8  Any changed byte of a committed event is reported, never used: a checksum
//	    chained per run, from its ULID on, is verified on replay and by [Check].
//
// # Beside the port
//
// [Fold] says what a history means, and [State] what follows from it for the
// tables; engines, stores and command lines agree because they all ask it.
// [Memory] is a journal without a file, which can be made to fail on purpose.
// Package journaltest holds the suites that every store must pass.
//
// # Compatibility
//
// The words of [Kind], [CommandKind], [Status] and [MessageKind], the JSON
// field names of [Command] and [Failure], and the checksum are the stored
// format. They are only ever added to.
package journal
