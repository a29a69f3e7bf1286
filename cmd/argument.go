package cmd

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

// argument reads a value that may stand in a file (@FILE) or on standard input
// (-).
func (s *invocation) argument(arg string) (string, error) {
	switch {
	case arg == "-":
		b, err := io.ReadAll(s.Stdin)
		if err != nil {
			return "", usagef("read standard input: %w", err)
		}
		return string(b), nil
	case strings.HasPrefix(arg, "@"):
		b, err := os.ReadFile(arg[1:])
		if err != nil {
			u := usagef("read --input: %w", err)
			u.hint = "@FILE reads a file and - standard input; anything else is the JSON itself"
			return "", u
		}
		return string(b), nil
	}
	return arg, nil
}

func durationFlag(c *cli.Context, name string) (time.Duration, error) {
	d, err := runner.ParseDuration(c.String(name))
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is negative", c.String(name))
	}
	if err != nil {
		return 0, usagef("--%s: %w", name, err)
	}
	return time.Duration(d), nil
}

// checkID refuses what cannot be an id: [A-Za-z0-9._:/-], 1 to 255 of them.
func checkID(c *cli.Context) error {
	id := c.String("id")
	if c.IsSet("id") && id == "" {
		return usagef("--id: the id is empty")
	}
	if len(id) > 255 {
		return usagef("--id: %d characters are more than 255", len(id))
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._:/-", r) {
			u := usagef("--id: %s has a character that ids cannot have", quote(id))
			u.hint = "letters, digits and . _ : / - are allowed"
			return u
		}
	}
	return nil
}

// tooLargeHint is for whoever has a payload over the limit.
const tooLargeHint = "keep it elsewhere and pass a reference to it; --max-payload, for every process that runs it, raises the limit"

// fits refuses what is over --max-payload before anything is done with it.
func (s *invocation) fits(payload []byte, what string) error {
	if s.largest == 0 || len(payload) <= s.largest {
		return nil
	}
	u := usagef("%s has %d bytes, and the limit is %d", what, len(payload), s.largest)
	u.hint = tooLargeHint
	return u
}

func (s *invocation) setLargest(given string) error {
	n, err := parseSize(given)
	if err != nil {
		return usagef("--max-payload: %w", err)
	}
	s.largest = n
	return nil
}

// parseSize reads a number of bytes: 4096, 512KiB, 2MiB.
func parseSize(word string) (int, error) {
	digits, unit := word, 1
	for suffix, factor := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if rest, ok := strings.CutSuffix(word, suffix); ok {
			digits, unit = rest, factor
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 1 || n > math.MaxInt32/int64(unit) {
		return 0, fmt.Errorf("%s is no size: write 4096, 512KiB or 2MiB", quote(word))
	}
	return int(n) * unit, nil
}
