package cmd

import (
	"fmt"
	"io"
	"os"
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
			return "", usagef("read --input: %w", err)
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
