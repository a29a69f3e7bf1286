package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

func (s *invocation) workerCommand() *cli.Command {
	return &cli.Command{
		Name: "worker", Usage: "run everything in the file until stopped",
		Description: `Starts what is queued, wakes what waits, and takes over runs whose process has died,
at once. Several workers may share a file. Ctrl-C stops it and loses nothing.`,
		Flags: []cli.Flag{
			graceFlag(),
			&cli.IntFlag{Name: "concurrency", Usage: "`N` activities at once at most; 0: no limit"},
		},
		Action: func(c *cli.Context) error {
			if _, err := words(c, 0, 0); err != nil {
				return err
			}
			grace, err := durationFlag(c, "grace")
			if err != nil {
				return err
			}
			if c.Int("concurrency") < 0 {
				return usagef("--concurrency: %d is negative", c.Int("concurrency"))
			}
			r, err := s.openOrCreate()
			if err != nil {
				return err
			}
			r.Grace, r.Concurrency = grace, c.Int("concurrency")
			return errors.Join(s.work(c.Context, r), r.db.Close())
		},
	}
}

// work serves until ctx ends, which is how a worker is stopped.
func (s *invocation) work(ctx context.Context, r *client) error {
	return s.serve(ctx, r, func(ctx context.Context) error {
		s.screen.Line(fmt.Sprintf("worker of %s   %s  pid %d", strings.Join(s.workflowNames(), ", "), s.path, os.Getpid()))
		<-ctx.Done()
		return context.Cause(ctx)
	})
}
