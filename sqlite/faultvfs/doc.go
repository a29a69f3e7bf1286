// Package faultvfs is a file system for SQLite that fails on purpose, and one
// that remembers: it stands between SQLite and the default VFS. It is for tests
// and for package chaos; no program that keeps a journal needs it.
//
// Register one and open a journal with its name:
//
//	disk, err := faultvfs.Register("disk")
//	db, err := sqlite.Open(path, sqlite.VFS(disk.Name()))
//
// Then, at any time:
//
//   - [VFS.Fail] makes the k-th call of one kind fail, once or from then on;
//     [VFS.Mend] ends that. [VFS.Calls] tells how many there were, so that a test
//     can fail every single one of them.
//   - [VFS.Record] keeps every write, truncation, sync and deletion with its bytes.
//     From the [Recording], [Recording.Cut] makes the files as a power cut could
//     have left them at any moment; [Recording.Note] keeps what was acknowledged
//     by then.
//   - [Flip] changes one bit of a file that nobody has open.
//
// What holds:
//
//  1. A call that is not made to fail does exactly what the default VFS does.
//  2. A VFS is for the whole process, and so are its faults. Two VFSs know
//     nothing of each other.
//  3. A cut keeps what was synced. Of the rest it keeps what its [Model] says,
//     and decides by the random numbers it is given: the same ones make the same
//     image.
//
// What a program writes beside the file without SQLite is not seen; tell it with
// [Recording.Write] and [Recording.Sync]. SQLite's -shm is not recorded: after a
// power cut it counts for nothing.
package faultvfs
