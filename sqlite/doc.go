// Package sqlite keeps a journal in one local SQLite file.
//
// Call [Open]; the [DB] it returns is a journal.Store that several processes may
// share, and several goroutines of each.
//
//	db, err := sqlite.Open("durable.db")
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//
// # What it promises
//
// Commit returns when the writes are on disk: write-ahead log,
// synchronous=FULL, one transaction and one fsync for the whole group. A full
// disk refuses the group and loses nothing. After any other error of the disk
// the handle acknowledges nothing more and says journal.ErrBroken; opening the
// file again recovers what had been acknowledged.
//
// One connection writes, others read, and they are different types. A write is
// never tied to a caller's context: it is either carried out or not, and the
// caller hears which.
//
// The file is created with mode 0600 and opened where it really lies: symbolic
// links are followed once. A file of another program, of a newer version, or a
// damaged one is refused and not written to. Only this package and SQLite ever
// open the file, its -wal and its -shm.
//
// # Transactional steps
//
// A step works on the writer's own connection, in a savepoint of the group's
// transaction, and is committed together with its result. It may do anything to
// tables of its own, and read the journal's; the authorizer refuses it BEGIN,
// COMMIT, ROLLBACK, SAVEPOINT, PRAGMA, ATTACH, temporary tables, and every change
// of the journal's tables. Foreign keys are enforced. While it runs nobody else
// writes, so it has [StepTime] beside others and [AloneTime] alone.
//
// # Reading it with a shell
//
// Tables have plain names, payloads are JSON text, times are nanoseconds since
// 1970; the views history, operations and overview show times as text.
// docs/journal.md draws them.
//
// # Goroutines
//
// Every call works on the goroutine of its caller. Beside these there are: one
// for each checkpoint, while it lasts (every 1,000 pages written); one for each
// transactional step, while it runs, which can be longer than the commit waits
// for it; from Join or the first Changed on, but not in exclusive mode, one that
// looks at the file four times a second; and those of package peer. Close ends
// and awaits them all, but for steps that do not return.
//
// # Compatibility
//
// PRAGMA user_version numbers the layout. A file of an older version is brought
// up to date when it is opened, in one transaction, after a copy was put beside
// it; a newer one is refused with journal.ErrNewer.
package sqlite
