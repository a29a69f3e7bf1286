package peer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Info is what is known about one member.
type Info struct {
	Token    string
	PID      int       // 0 if not known
	Host     string    //
	Boot     string    // names the system's run since its last start, where systems do so
	Started  time.Time // when it joined
	Live     bool      //
	Self     bool      // it is this handle's own
	LastSign time.Time // see Dir.Alive
	Mark     []byte    // nil if it never wrote one

	socket string // as the lock file has it: a name in the folder, or an absolute path; "" if none
}

// strayAge is how old an empty lock file must be before it counts as left over
// from a crash, and not as one that is just being written.
const strayAge = time.Minute

// Members lists all members that have a lock file, oldest first, the dead ones
// included.
func (d *Dir) Members() ([]Info, error) {
	tokens, err := d.tokens()
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, token := range tokens {
		info, err := d.info(token)
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, err
		}
		if !info.Live && info.PID == 0 && info.Mark == nil {
			if time.Since(info.LastSign) > strayAge {
				_ = d.Remove(token)
			}
			continue
		}
		all = append(all, info)
	}
	return all, nil
}

// info reads one lock file. fs.ErrNotExist if there is none.
func (d *Dir) info(token string) (Info, error) {
	info, err := d.read(token)
	if err != nil {
		return Info{}, err
	}
	if m := d.member(); m != nil && m.token == token {
		info.Live, info.Self = true, true
	} else if info.Live, _, err = d.Alive(token); err != nil {
		return Info{}, err
	}
	return info, nil
}

// read is info without asking whether the member lives.
func (d *Dir) read(token string) (Info, error) {
	f, err := os.Open(d.lockFile(token))
	if err != nil {
		return Info{}, fmt.Errorf("read about member %s: %w", token, err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return Info{}, fmt.Errorf("read about member %s: %w", token, err)
	}
	var room [noticeAt + noticeSize]byte
	n, err := f.ReadAt(room[:], 0)
	if err != nil && err != io.EOF {
		return Info{}, fmt.Errorf("read about member %s: %w", token, err)
	}
	info := parse(room[:n])
	info.Token, info.LastSign = token, fi.ModTime()
	return info, nil
}

// introduce writes the text of the lock file, and an empty mark.
func (m *Member) introduce(socket string) error {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	text := fmt.Appendf(nil, "pid %d\nhost %s\nboot %s\nstarted %s\nsocket %s\n", os.Getpid(),
		cmp.Or(host, "-"), cmp.Or(string(bytes.TrimSpace(boot)), "-"),
		time.Now().UTC().Format(time.RFC3339Nano), cmp.Or(socket, "-"))
	if len(text) > noticeAt {
		return fmt.Errorf("write about member %s: %d bytes are more than %d", m.token, len(text), noticeAt)
	}
	var room [noticeAt + noticeSize]byte
	copy(room[:], text)
	if _, err := m.file.WriteAt(room[:], 0); err != nil {
		return fmt.Errorf("write about member %s: %w", m.token, err)
	}
	m.post()
	return nil
}

// parse makes the best of a lock file's content. What it cannot read is left
// out.
func parse(b []byte) (info Info) {
	text := b
	if len(b) > noticeAt {
		text, info.Mark = b[:noticeAt], markIn(b[noticeAt:])
	}
	for line := range strings.Lines(string(bytes.TrimRight(text, "\x00"))) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if value == "-" {
			continue
		}
		switch key {
		case "pid":
			info.PID, _ = strconv.Atoi(value)
		case "host":
			info.Host = value
		case "boot":
			info.Boot = value
		case "started":
			info.Started, _ = time.Parse(time.RFC3339Nano, value)
		case "socket":
			info.socket = value
		}
	}
	return info
}
