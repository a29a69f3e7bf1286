package cmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
)

func (s *invocation) backupCommand() *cli.Command {
	return &cli.Command{
		Name: "backup", Usage: "copy the file, also while it is in use", ArgsUsage: "FILE",
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 1)
			if err != nil {
				return err
			}
			return s.with(func(r *client) error { return s.backup(c, r, args[0]) })
		},
	}
}

// A backupJSON is what backup prints as JSON.
type backupJSON struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// backup never overwrites a file.
func (s *invocation) backup(c *cli.Context, r *client, file string) error {
	err := r.db.Backup(c.Context, file)
	if errors.Is(err, os.ErrExist) {
		return withHint(fmt.Errorf("%w: %w", errFile, err), "name a file that does not exist yet")
	}
	if err != nil {
		return inFolder(fmt.Errorf("%w: %w", errFile, err), file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("%w: backup to %s: %w", errFile, file, err)
	}
	if !s.out.text() {
		return s.out.JSON(backupJSON{file, info.Size()})
	}
	s.screen.Line(fmt.Sprintf("%s copied to %s, %s", s.path, file, size(info.Size())))
	return nil
}
