package cmd

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

func TestTyped(t *testing.T) {
	for _, c := range []struct {
		flag        cli.Flag
		value, want string
		err         string
	}{
		{&cli.IntFlag{}, "-3", "-3", ""},
		{&cli.IntFlag{}, "3.5", "", `--x: "3.5" is no whole number`},
		{&cli.Int64Flag{}, "x", "", `--x: "x" is no whole number`},
		{&cli.UintFlag{}, "-1", "", `--x: "-1" is no whole number from 0`},
		{&cli.Uint64Flag{}, "7", "7", ""},
		{&cli.Float64Flag{}, "x", "", `--x: "x" is no number`},
		{&cli.BoolFlag{}, "1", "true", ""},
		{&cli.BoolFlag{}, "perhaps", "", `--x: "perhaps" is neither true nor false`},
		{&cli.DurationFlag{}, "10", "10s", ""},
		{&cli.DurationFlag{}, "soon", "", `--x: "soon" is no duration: write 10 or 10s, 500ms, 1h30m, 2d`},
		{&cli.StringFlag{}, "anything", "anything", ""},
	} {
		t.Run(fmt.Sprintf("%T %s", c.flag, c.value), func(t *testing.T) {
			got, err := typed(c.flag, c.value, "--x")
			if c.err != "" {
				require.EqualError(t, err, c.err)
				require.Equal(t, exitUsage, exitCode(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// TestFlagTypes: every flag is of a type whose errors are ours.
func TestFlagTypes(t *testing.T) {
	var walk func(list []cli.Flag, below []*cli.Command)
	walk = func(list []cli.Flag, below []*cli.Command) {
		for _, f := range list {
			switch f.(type) {
			case *cli.StringFlag, *cli.StringSliceFlag, *cli.GenericFlag, *cli.BoolFlag, *cli.IntFlag, *cli.Int64Flag, *cli.UintFlag, *cli.Uint64Flag,
				*cli.Float64Flag, *cli.DurationFlag:
			default:
				t.Errorf("--%s is a %T, of which typed knows nothing", f.Names()[0], f)
			}
		}
		for _, c := range below {
			walk(c.Flags, c.Subcommands)
		}
	}
	app := newInvocation(Program{}).app(nil)
	walk(app.Flags, app.Commands)
}
