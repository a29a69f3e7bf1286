package cmd

import (
	"bytes"
	"io"
	"sync"
)

// A screen is standard error: lines that stay, and on a terminal one last line,
// the status, that is drawn again and again. It is safe for use by several
// goroutines; logs are written through it so that they do not tear the status.
type screen struct {
	mu     sync.Mutex
	w      io.Writer
	tty    bool
	width  func() int // how many columns there are; 0: not known
	live   bool       // the status may be redrawn: a terminal that understands ANSI
	style  style
	status string
	drawn  bool // the status stands on the screen
}

// Line prints text, which stays.
func (s *screen) Line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put([]byte(text + "\n"))
}

// Status shows text as the last line until the next call; "" removes it.
func (s *screen) Status(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live || text == s.status {
		return
	}
	s.status = text
	s.put(nil)
}

// Write prints what a logger says.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(p), s.put(p)
}

// put writes lines above the status, in one write.
func (s *screen) put(lines []byte) error {
	var b bytes.Buffer
	if s.drawn {
		b.WriteString("\r\x1b[K")
	}
	b.Write(lines)
	status := s.status
	if s.width != nil && s.width() > 0 {
		status = cutPainted(status, s.width()-1) // a line that wraps could not be erased
	}
	b.WriteString(status)
	s.drawn = s.status != ""
	_, err := s.w.Write(b.Bytes())
	return err
}
