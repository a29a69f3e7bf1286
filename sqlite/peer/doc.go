// Package peer lets the processes that share one database file know of each
// other: who lives, who has died, who must be told, whose turn it is to write.
// It knows nothing of SQL or of workflows.
//
// [Open] names a folder beside the database, path+"-peers". A process that runs
// workflows calls [Dir.Join] and becomes a [Member]; one that only looks in, or
// writes now and then, does not, and calls [Dir.Announce] around its writes.
//
//	durable.db-peers/
//	    01J….lock    one a member: who it is, and its mark (below)
//	    01J….sock    the stream socket it listens on
//	    turnstile    locked by the one whose turn it is, while several want one
//	    gate         locked by the next one
//
// # Promises
//
//  1. A member lives exactly as long as the kernel lock on its lock file. The
//     lock dies with the process, kill -9 included, and only with it: a process
//     stopped by SIGSTOP lives. Programs started by a member do not inherit it.
//  2. Tokens, the names of members, are never reused. What was dead stays dead,
//     so a dead member's files can be removed by anyone at any time.
//  3. A member is told once of every other member it knew that is gone, whether
//     it died or left: within milliseconds by the end of its connection, and
//     within about a second if there was none. There is one to each live member
//     when Join returns, unless that cannot be reached or is stopped.
//  4. What [Member.Mark] wrote outlives kill -9; what [Member.SyncMark] then
//     synced outlives a power cut.
//  5. Nothing that goes over a socket is needed for correctness. A nudge may be
//     lost, and a process that cannot be asked is not asked.
//  6. Two Dirs in one process are to each other what two processes are.
//
// # The lock file
//
// It begins with lines of text for people (pid, host, boot id, start time,
// socket), padded with zero bytes to 1024. There a word follows that says which
// of two marks counts, then these: each its length in one byte, then up to
// [MarkSize] bytes. All of it is in one sector.
//
// # Goroutines
//
// Each member has one that accepts connections and one that watches for members
// that do not connect (every 5 s while it is alone, else every second, and sooner
// after a change). Each
// connection has two, a reader and a writer, and each question under way has one.
// [Member.Leave] and [Dir.Close] end them all and wait for them. The turnstile
// has one or two for as long as they wait in the kernel, which cannot be
// interrupted: they end when the lock becomes free.
package peer
