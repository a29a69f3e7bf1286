// Package cmd is the command line of a durable program. A program binds its
// workflows and activities and calls [Main]; it then is a binary that can run,
// signal, query, list, show and resume its runs:
//
//	func main() {
//		cmd.Main(Approval.Bind(approval, Approve, Reject, Status), Process.Bind(process))
//	}
//
// What it promises to people and to scripts:
//
//  1. Standard output carries data only: a result, a list, JSON. Progress, logs
//     and hints go to standard error.
//  2. -o json is the contract (docs/json.md); the text forms may change.
//  3. The exit code says what happened, see `help exit-codes`.
//  4. Flags may stand anywhere; a double dash ends them.
//  5. Ctrl-C and SIGTERM suspend: a run is never lost, never canceled by them.
//  6. A run that was killed is resumed by the same command line.
//  7. Only run, worker and resume make workflows move, and only run and worker
//     create the file. chaos has files of its own, and leaves --db alone.
package cmd
