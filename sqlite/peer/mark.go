package peer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// MarkSize is how long a mark may be, in bytes.
const MarkSize = 64

const (
	markAt     = 1024                   // where the mark is in the lock file, in bytes
	touchEvery = 500 * time.Millisecond // the most often Touch does something
)

// Mark replaces this member's mark, up to MarkSize bytes that others find in
// [Info] also when it has died. It is one write without sync, and does not
// allocate.
func (m *Member) Mark(b []byte) error {
	if len(b) > MarkSize {
		return fmt.Errorf("write the mark of member %s: %d bytes are more than %d", m.token, len(b), MarkSize)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark[0] = byte(len(b))
	copy(m.mark[1:], b)
	return m.writeMark()
}

// writeMark is called with mu held.
func (m *Member) writeMark() error {
	if m.file == nil {
		return fmt.Errorf("write the mark of member %s: %w", m.token, os.ErrClosed)
	}
	if _, err := m.file.WriteAt(m.mark[:], markAt); err != nil {
		return fmt.Errorf("write the mark of member %s: %w", m.token, err)
	}
	return nil
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
// Called at least twice a second it keeps that within one second; most calls do
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
