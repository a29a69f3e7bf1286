package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func (s *invocation) versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the version of the program and of what it is made of",
		Action: func(c *cli.Context) error {
			if _, err := words(c, 0, 0); err != nil {
				return err
			}
			return s.version()
		},
	}
}

// A versionJSON says what the program is made of.
type versionJSON struct {
	Program  string `json:"program"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	SQLite   string `json:"sqlite,omitempty"` // version of the driver module
}

func (s *invocation) version() error {
	v := versionJSON{Program: s.Name, Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version = info.Main.Version
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				v.Revision = set.Value
			}
		}
		for _, dep := range info.Deps {
			if dep.Path == "modernc.org/sqlite" {
				v.SQLite = dep.Version
			}
		}
	}
	if !s.out.text() {
		return s.out.JSON(v)
	}
	text := fmt.Sprintf("%s %s  %s %s", v.Program, v.Version, v.Go, v.Platform)
	if v.SQLite != "" {
		text += "  sqlite driver " + v.SQLite
	}
	_, err := fmt.Fprintln(s.Stdout, text)
	return err
}
