package peer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"
)

// MarkSize is how long a mark may be, in bytes.
const MarkSize = 64

const touchEvery = 400 * time.Millisecond // the most often Touch does something

// A notice is the part of a lock file that holds the mark. There is room for two
// marks, so that one can be written while the other counts: a process may be
// killed at any instruction.
type notice struct {
	newest uint32 // which of the two counts: 0 or 1
	marks  [2]stored
}

// A stored mark is its length, then itself.
type stored [1 + MarkSize]byte

const (
	noticeAt   = 1024                         // where it is in the lock file, in bytes
	noticeSize = int(unsafe.Sizeof(notice{})) // 136: within one sector of the disk
)

// Mark replaces this member's mark, up to MarkSize bytes that others find in
// [Info] also when it has died. On Linux it is a store to memory that the
// kernel keeps, elsewhere one write; it is not synced, and allocates nothing.
func (m *Member) Mark(b []byte) error {
	if len(b) > MarkSize {
		return fmt.Errorf("write the mark of member %s: %d bytes are more than %d", m.token, len(b), MarkSize)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return fmt.Errorf("write the mark of member %s: %w", m.token, os.ErrClosed)
	}
	if !m.notice.put(b) { // the disk behind the memory fails: a write says how
		unmap(m.mapped)
		m.mapped, m.notice = nil, new(notice)
		m.notice.put(b)
	}
	if m.mapped != nil {
		return nil
	}
	if _, err := m.file.WriteAt(unsafe.Slice((*byte)(unsafe.Pointer(m.notice)), noticeSize), noticeAt); err != nil {
		return fmt.Errorf("write the mark of member %s: %w", m.token, err)
	}
	return nil
}

// put stores a mark beside the one that counts, and then has it count. It reports
// false if it could not: a notice in a file may have no disk behind it any more,
// which elsewhere would end the process.
func (n *notice) put(b []byte) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { _ = recover() }()
	next := 1 - n.newest&1
	n.marks[next][0] = byte(len(b))
	copy(n.marks[next][1:], b)
	atomic.StoreUint32(&n.newest, next)
	return true
}

// post gives the member its notice: in the file itself, if the system can.
func (m *Member) post() {
	m.notice = new(notice)
	if m.mapped = mapFile(m.file, noticeAt+noticeSize); m.mapped != nil {
		m.notice = (*notice)(unsafe.Pointer(&m.mapped[noticeAt]))
	}
}

// markIn is the mark in what a lock file holds from noticeAt on; nil if there is
// none.
func markIn(b []byte) []byte {
	if len(b) < noticeSize {
		return nil
	}
	var n notice
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&n)), noticeSize), b)
	mark := n.marks[n.newest&1]
	if mark[0] == 0 || int(mark[0]) > MarkSize {
		return nil
	}
	return bytes.Clone(mark[1 : 1+mark[0]])
}

// SyncMark returns when the last mark is on disk.
func (m *Member) SyncMark() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return fmt.Errorf("sync the mark of member %s: %w", m.token, os.ErrClosed)
	}
	err := m.file.Sync()
	if !m.synced {
		err = errors.Join(err, syncFolder(m.dir.path), syncFolder(filepath.Dir(m.dir.path)))
	}
	if err != nil {
		return fmt.Errorf("sync the mark of member %s: %w", m.token, err)
	}
	m.synced = true
	return nil
}

// Touch is a sign of life: others see when the last one was, see [Dir.Alive].
// Called once a second it keeps that within about one; most calls do
// nothing.
func (m *Member) Touch() {
	now := time.Now()
	last := m.touched.Load()
	if age := time.Duration(now.UnixNano() - last); age >= 0 && age < touchEvery {
		return // a clock that was set back is caught by age < 0
	}
	if m.touched.CompareAndSwap(last, now.UnixNano()) {
		_ = os.Chtimes(m.path, now, now) // it is for people, and for reports of crashes
	}
}
