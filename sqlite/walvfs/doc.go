// Package walvfs is a layer under SQLite that writes what a commit adds to the
// write-ahead log in one piece, and onto the disk at once where it can.
//
// SQLite writes each frame of the log in two, its header and its page, which for
// a commit of 15 pages is 30 system calls, together as long as half a sync. Here
// what follows on itself is gathered in memory and written when the commit's last
// frame is complete, which is before SQLite syncs the log or tells anybody of it.
//
// A small commit that follows on one of the same connection is written past the
// system's cache, on Linux, on ext4 and xfs, if the log is long enough already, while
// nobody reads it: then the sync that SQLite asks for next has been made. So that it is
// long enough, and that a commit need not make it longer, a commit that has written
// its last block writes zeros behind it.
//
// # What it promises
//
// The log holds the same frames, in the same order, at the moments at which
// somebody else may look at them: when a commit's last frame was written, before
// a sync, before anything else is done to the log, and when the lock of writing
// is let go. What is in memory then was never committed, and is forgotten. An
// error of the gathered write is the error of the call that had it written, and of
// every write from then on, until the transaction is over.
//
// When the sync of a commit has returned, it is on the disk, and all that was committed
// before it, by whomever. Behind the last frame of a commit there may be zeros, up to
// 516 KiB of them, which are no frame. If there is no room for them they are left out, until
// the log begins again; any other error of theirs is one of the commit.
//
// It changes nothing but writes and syncs of the log: every other call of SQLite's
// goes straight to the layer below, on the functions of that layer.
//
// A file costs 112 bytes more in SQLite, and the log of a connection that writes
// 128 KiB, and on Linux one more open file.
package walvfs
